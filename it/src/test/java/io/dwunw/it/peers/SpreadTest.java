// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SpreadTest {
    @Test
    void theMedianIsTheMiddle() {
        assertThat(Spread.of(List.of(9.0, 1.0, 4.0))).isEqualTo(new Spread(4, 1, 9, 3));
        assertThat(Spread.of(List.of(9.0, 1.0, 4.0, 5.0))).isEqualTo(new Spread(4.5, 1, 9, 4));
    }

    @Test
    void whatIsNoNumberDoesNotCount() {
        assertThat(Spread.of(List.of(Double.NaN, 3.0))).isEqualTo(new Spread(3, 3, 3, 1));
        assertThat(Spread.of(List.of(Double.NaN)).runs()).isZero();
        assertThat(Spread.NONE.text()).isEmpty();
    }

    @Test
    void theRangeIsShownWhereThereIsOne() {
        assertThat(Spread.of(List.of(1.234)).text()).isEqualTo("1.23");
        assertThat(Spread.of(List.of(12.34, 1234.5)).text()).isEqualTo("623 (12.3–1,235)");
    }
}
