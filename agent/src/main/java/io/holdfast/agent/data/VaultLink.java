package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.VaultAnswer;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.VaultMade;
import io.holdfast.protocol.VaultRequest;
import io.holdfast.protocol.VaultStore;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import java.util.List;
import java.util.function.BiFunction;

/** Reaches vaults through a media server, patiently, and begins again where it has lost the access. Borrows the calls. Thread-safe. */
public final class VaultLink {
    /** A media server that starts again knows no access any more. */
    private static final int ATTEMPTS = 5;

    private final VaultCalls calls;
    private final RepositorySettings settings;
    private final RetryPolicy policy;

    /** @param settings of this process: clocks */
    public VaultLink(VaultCalls calls, RepositorySettings settings) {
        this(calls, settings, PatientCalls.USUAL);
    }

    /** @param policy by which a media server that does not answer is asked again */
    VaultLink(VaultCalls calls, RepositorySettings settings, RetryPolicy policy) {
        this.calls = calls;
        this.settings = settings;
        this.policy = policy;
    }

    /** A vault that a job may use now. */
    public final class Access {
        private final VaultAnswer answer;

        private Access(VaultAnswer answer) {
            this.answer = answer;
        }

        public VaultAnswer answer() {
            return answer;
        }

        /** Says how much is in a snapshot that was made through this access. */
        public void made(VaultMade made) {
            boolean ignored = PatientCalls.patiently(policy, settings.random(), settings.waits(), () -> {
                calls.made(answer.access(), made);
                return true;
            });
        }
    }

    /**
     * Works with the vault of a job.
     *
     * @param paths what is saved; none to read
     * @param work gets the vault and its objects, anew each time that the access was lost
     * @throws HoldfastException {@code FENCED} where the job is another's by now, or what the work throws
     */
    public <T> T with(String job, long fence, List<Bytes> paths, BiFunction<Access, ObjectStore, T> work) {
        VaultRequest request = VaultRequest.of(job, fence, paths);
        for (int attempt = 1; ; attempt++) {
            VaultAnswer answer =
                    PatientCalls.patiently(policy, settings.random(), settings.waits(), () -> calls.begin(request));
            VaultStore vault = new VaultStore(calls, answer.access(), answer.place());
            // A pack's put is tried again under another name only; see step W5 of the repository format.
            try (ObjectStore store = new RetryingStore(
                    vault, policy, name -> name.value().startsWith("packs/"), settings.waits(), settings.random())) {
                T done = work.apply(new Access(answer), store);
                end(answer);
                return done;
            } catch (HoldfastException e) {
                if (!vault.isLost() || attempt == ATTEMPTS) {
                    end(answer);
                    throw e;
                }
            }
        }
    }

    /** Once: where nobody hears it, it ends by itself. */
    private void end(VaultAnswer answer) {
        try {
            calls.end(answer.access());
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
