package io.holdfast.control;

import io.holdfast.http.HttpProblem;
import java.util.Arrays;

/** As what a directory can be had. */
public enum ArchiveFormat {
    TAR("tar", ".tar", "application/x-tar"),
    TAR_ZST("tar.zst", ".tar.zst", "application/zstd"),
    ZIP("zip", ".zip", "application/zip");

    private final String word;
    private final String suffix;
    private final String contentType;

    ArchiveFormat(String word, String suffix, String contentType) {
        this.word = word;
        this.suffix = suffix;
        this.contentType = contentType;
    }

    /** @throws HttpProblem 400 where it is none */
    public static ArchiveFormat of(String word) {
        return Arrays.stream(values())
                .filter(format -> format.word.equals(word))
                .findFirst()
                .orElseThrow(() -> HttpProblem.badRequest("format=" + word + " is none of tar, tar.zst, zip"));
    }

    /** In an address. */
    public String word() {
        return word;
    }

    String suffix() {
        return suffix;
    }

    String contentType() {
        return contentType;
    }
}
