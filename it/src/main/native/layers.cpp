/* SPDX-License-Identifier: MIT */
// Layers of C++ whose names need a demangler: a template, a virtual function, an anonymous namespace, a lambda,
// operator new.
#include "blocks.h"

#include <new>

namespace dwunwit
{
namespace
{

LAYER char *fill(std::size_t size)
{
    return static_cast<char *>(dwunwit_used(::operator new(size)));
}

} // namespace

template <typename T> class Cache
{
  public:
    LAYER T *grow(std::size_t size)
    {
        return static_cast<T *>(dwunwit_used(fill(size)));
    }
};

class Store
{
  public:
    virtual ~Store() = default;
    virtual void *put(std::size_t size) = 0;
};

class CachingStore final : public Store
{
  public:
    LAYER void *put(std::size_t size) override
    {
        return dwunwit_used(cache_.grow(size));
    }

  private:
    Cache<int> cache_;
};

class Registry
{
  public:
    LAYER void add(Store &store, std::size_t size) const
    {
        auto step = [&store](std::size_t bytes) __attribute__((noipa))
        {
            dwunwit_used(store.put(bytes));
        };
        step(size);
    }
};

} // namespace dwunwit

extern "C" LAYER void dwunwit_cpp_layers(std::size_t size, int count)
{
    static dwunwit::CachingStore store;
    const dwunwit::Registry registry;
    for (int i = 0; i < count; i++) {
        registry.add(store, size);
    }
}
