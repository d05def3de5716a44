package io.holdfast.sources.restore;

import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.tree.ChunkSource;

/** A repository that is open here: content is read frame by frame, in pack order. */
public final class RepositorySource implements RestoreSource {
    private final Repository repository;
    private final Index index;
    private final ChunkReader chunks;
    private final FrameReaders readers;

    public RepositorySource(Repository repository) {
        this.repository = repository;
        this.chunks = repository.newChunkReader();
        this.index = repository.index();
        this.readers = new FrameReaders(repository);
    }

    @Override
    public int threads() {
        return repository.settings().threads();
    }

    @Override
    public ChunkSource chunks() {
        return chunks;
    }

    @Override
    public ChunkHasher newComparingHasher() {
        return ChunkHasher.comparing(repository.keyring());
    }

    @Override
    public <N> ContentPlan<N> newPlan() {
        return new PackPlan<>(repository, index, readers);
    }

    @Override
    public void close() {
        readers.close();
    }
}
