package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.ChunkSet;
import io.holdfast.protocol.NotYet;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.PageReferences;
import io.holdfast.repository.tree.PageReferences.Reference;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The chunks that a host may refer to in a session without sending them (rule D1): what its newest snapshot reaches and is still of use, and what it has sent. The
 * snapshot's tree is walked beside the backup; who asks for a chunk that is not found yet waits for the end of that. Safe for many threads.
 */
final class Grants implements AutoCloseable {
    private final ChunkSet sent;
    private final ChunkSet contentBefore;
    private final ChunkSet metadataBefore;
    private final Duration patience;
    private final CompletableFuture<Boolean> walked = new CompletableFuture<>();
    private volatile boolean metadataIsDamaged;
    private volatile boolean closed;

    /** @param patience nobody waits longer at a time */
    Grants(SecureRandom random, Duration patience) {
        this.sent = new ChunkSet(random);
        this.contentBefore = new ChunkSet(random);
        this.metadataBefore = new ChunkSet(random);
        this.patience = patience;
    }

    /** Begins to walk the tree of the snapshot before. */
    void walk(Repository repository, WriteSession session, Optional<PageRef> root) {
        if (root.isEmpty()) {
            walked.complete(true);
            return;
        }
        Thread ignored = Thread.ofPlatform().daemon().name("holdfast-grants").start(() -> {
            try (Walk walk = new Walk(repository, session)) {
                walk.all(root.get());
                walked.complete(true);
            } catch (Throwable e) {
                walked.completeExceptionally(e);
            }
        });
    }

    /** The host has sent it. False where it had before, in this session. */
    boolean add(ChunkName chunk) {
        return sent.add(chunk);
    }

    /** Whether anything may be known. */
    boolean isEmpty() {
        return sent.size() == 0 && walked.isDone() && contentBefore.size() == 0 && metadataBefore.size() == 0;
    }

    /**
     * Whether the host may refer to it.
     *
     * @throws NotYet where the walk has not come to its end
     */
    boolean contains(ChunkName chunk) {
        if (isThere(chunk)) {
            return true;
        }
        if (walked.isDone() && !walked.isCompletedExceptionally()) {
            return isThere(chunk);
        }
        await();
        return isThere(chunk);
    }

    private boolean isThere(ChunkName chunk) {
        if (sent.contains(chunk)) {
            return true;
        }
        return chunk.kind().packKind() == PackKind.DATA
                ? contentBefore.contains(chunk)
                : !metadataIsDamaged && metadataBefore.contains(chunk);
    }

    private void await() {
        try {
            boolean ignored = walked.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NotYet("the tree of the snapshot before is being read");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw new HoldfastException(
                        known.code(),
                        String.valueOf(known.getMessage()),
                        known.hint().orElse(null),
                        known);
            }
            throw new HoldfastException(
                    ErrorCode.FAILED, "reading the snapshot before failed: " + e.getCause(), null, e);
        }
    }

    /** The walk ends soon. */
    @Override
    public void close() {
        closed = true;
    }

    /**
     * Goes through the tree, children before parents: a page is of use only where all is that it reaches (step W4), so that nothing which is lost is referred to by way
     * of a page that is not.
     */
    private final class Walk implements AutoCloseable {
        private final WriteSession session;
        private final ChunkReader reader;
        private final Deque<Page> open = new ArrayDeque<>();
        /** Pages of no use, which may be reached often. */
        private final Set<ChunkName> passed = new HashSet<>();

        /** A page whose references are being looked at. */
        private static final class Page {
            private final ChunkName name;
            private final Iterator<Reference> references;
            private boolean isWhole = true;

            Page(ChunkName name, List<Reference> references) {
                this.name = name;
                this.references = references.iterator();
            }
        }

        Walk(Repository repository, WriteSession session) {
            this.session = session;
            Index index = session.index();
            this.reader = repository.newChunkReader(index);
        }

        void all(PageRef root) {
            enter(new ChunkName(ChunkKind.TREE_PAGE, root.id()));
            while (!open.isEmpty() && !closed) {
                Page page = open.element();
                if (page.references.hasNext()) {
                    Reference next = page.references.next();
                    look(page, new ChunkName(next.kind(), next.id()));
                } else {
                    leave(open.pop());
                }
            }
        }

        private void look(Page page, ChunkName below) {
            if (below.kind() == ChunkKind.CONTENT) {
                if (session.contains(below.id())) {
                    contentBefore.add(below);
                } else {
                    page.isWhole = false;
                }
            } else if (passed.contains(below)) {
                page.isWhole = false;
            } else if (!metadataBefore.contains(below)) {
                enter(below);
            }
        }

        private void enter(ChunkName name) {
            try {
                open.push(new Page(name, PageReferences.of(name.kind(), name.id(), reader.read(name.id()))));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                // What hangs on it is not known: all metadata is stored anew, as backups do who read it themselves.
                metadataIsDamaged = true;
                session.distrustMetadata();
                lost(name);
            }
        }

        private void leave(Page page) {
            if (page.isWhole && session.contains(page.name.id())) {
                metadataBefore.add(page.name);
            } else {
                lost(page.name);
            }
        }

        private void lost(ChunkName name) {
            passed.add(name);
            Page above = open.peek();
            if (above != null) {
                above.isWhole = false;
            }
        }

        @Override
        public void close() {
            reader.close();
        }
    }
}
