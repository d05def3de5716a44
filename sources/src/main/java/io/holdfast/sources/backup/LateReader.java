package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads files on the assembler's thread that nobody could read before: those that have outgrown their group meanwhile, and further
 * names of files whose first name is gone. Rare, so that speed does not matter; memory does, and is two buffers. Not thread-safe.
 */
final class LateReader implements LargeFileOutput {
    /** Room for the largest chunk and then some. */
    private static final int BUFFER_BYTES = 5 << 20;

    private final Consumer<WalkEvent> assembler;
    private final ChunkHasher hasher;
    private final LargeFileReader reader;
    /** In turn: what is left of one is carried over to the other before the chunks of the first are taken. */
    private byte[] next = {};

    private byte[] other = {};

    /** @param assembler takes the parts and the end of the file, at once */
    LateReader(Chunker chunker, ChunkHasher hasher, BackupListener listener, Consumer<WalkEvent> assembler) {
        this.assembler = assembler;
        this.hasher = hasher;
        this.reader = new LargeFileReader(chunker, this, listener);
    }

    void read(
            Directory directory, Bytes name, Bytes path, BackupListener.FileOutcome outcome, Optional<TreeEntry> before)
            throws HostFileException {
        try {
            reader.read(directory, name, path, outcome, before);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            next = ReadGroup.NO_BUFFER;
            other = ReadGroup.NO_BUFFER;
        }
    }

    @Override
    public byte[] leaseLarge() {
        byte[] leased = next.length > 0 ? next : new byte[BUFFER_BYTES];
        next = other;
        other = leased;
        return leased;
    }

    @Override
    public void part(byte[] buffer, List<HashedChunk> chunks) {
        for (HashedChunk chunk : chunks) {
            chunk.id = hasher.id(chunk.buffer, chunk.offset, chunk.length);
        }
        assembler.accept(new WalkEvent.Part(chunks));
    }

    @Override
    public void event(WalkEvent event) {
        assembler.accept(event);
    }
}
