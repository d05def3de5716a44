package io.holdfast.protocol;

import io.holdfast.core.Bytes;
import java.util.List;

/**
 * A host begins a backup, or goes on with it: {@code POST /media/v1/sessions}.
 *
 * @param job as the control server names it
 * @param fence of the job, as the host got it
 * @param source what is saved: paths, or the name of a stream; each in base64url
 * @param frameBytes so much small content shares a frame
 */
public record SessionRequest(String job, long fence, List<String> source, int frameBytes) {
    /** @param paths as {@link io.holdfast.repository.snapshot.Manifest#paths} has them */
    public static SessionRequest of(String job, long fence, List<Bytes> paths, int frameBytes) {
        return new SessionRequest(job, fence, paths.stream().map(Base64Text::of).toList(), frameBytes);
    }

    /** @throws io.holdfast.core.HoldfastException {@code USAGE} where one is no base64url */
    public List<Bytes> paths() {
        return source.stream().map(Base64Text::bytes).toList();
    }
}
