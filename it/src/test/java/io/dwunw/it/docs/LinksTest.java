// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Links from page to page. */
final class LinksTest {
    private static final Pattern PROBE_ENTRY = Pattern.compile("[a-z]+:.*");

    @Test
    void everyLinkLeadsToAFileAndAHeadingThatAreThere() throws IOException {
        List<String> broken = new ArrayList<>();
        int followed = 0;
        for (Page page : Page.all()) {
            for (String link : page.links()) {
                if (!PROBE_ENTRY.matcher(link).matches()) {
                    followed++;
                    if (!leadsSomewhere(page, link)) {
                        broken.add(page.path() + ": " + link);
                    }
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(followed).isGreaterThan(50);
    }

    private static boolean leadsSomewhere(Page from, String link) throws IOException {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty() ? from.path() : from.path().resolveSibling(file);
        if (!Files.exists(target)) {
            return false;
        }
        return hash < 0 || Page.of(target).anchors().contains(link.substring(hash + 1));
    }
}
