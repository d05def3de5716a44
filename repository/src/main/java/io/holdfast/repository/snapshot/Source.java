package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import java.util.List;

/** What a snapshot was made of: a host and a set of absolute paths on it, or the name of one stream. */
public record Source(String host, List<Bytes> paths) {}
