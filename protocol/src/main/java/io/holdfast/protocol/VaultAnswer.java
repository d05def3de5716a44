package io.holdfast.protocol;

/**
 * What a host is told of a vault.
 *
 * @param access under which its objects are asked for
 * @param place where it lies, as {@code --repo} takes it
 * @param repositoryId of the repository beside which it lies, in hexadecimal digits
 */
public record VaultAnswer(String access, String place, String repositoryId) {}
