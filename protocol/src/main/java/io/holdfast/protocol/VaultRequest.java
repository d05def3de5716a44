package io.holdfast.protocol;

import io.holdfast.core.Bytes;
import java.util.List;

/**
 * A host asks for access to a vault: {@code POST /media/v1/vaults}.
 *
 * @param job as the control server names it
 * @param fence of the job, as the host got it
 * @param source what is saved: paths, or the name of a stream; each in base64url. None for whoever reads
 */
public record VaultRequest(String job, long fence, List<String> source) {
    /** @param paths as {@link io.holdfast.repository.snapshot.Manifest#paths} has them; none to read */
    public static VaultRequest of(String job, long fence, List<Bytes> paths) {
        return new VaultRequest(job, fence, paths.stream().map(Base64Text::of).toList());
    }

    /** @throws io.holdfast.core.HoldfastException {@code USAGE} where one is no base64url */
    public List<Bytes> paths() {
        return source.stream().map(Base64Text::bytes).toList();
    }
}
