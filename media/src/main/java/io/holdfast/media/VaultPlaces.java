package io.holdfast.media;

/** Where vaults lie below a repository (docs/server.md, section "Vaults"). */
public final class VaultPlaces {
    /** A repository of its own below each of these. */
    public static final String VAULTS = "vaults/";

    /** An empty object of the outer repository for each vault. */
    static final String MARKS = "vault-hosts/";

    private VaultPlaces() {}
}
