package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import java.util.List;

/**
 * What a host was given to do with a media server.
 *
 * @param id as the control server names it
 * @param fence as it was told with the job
 * @param paths what is saved: absolute paths, ascending, or the name of a stream
 */
public record MediaJob(String id, long fence, List<Bytes> paths) {
    public MediaJob {
        paths = List.copyOf(paths);
    }
}
