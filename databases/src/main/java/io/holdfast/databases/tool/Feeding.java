package io.holdfast.databases.tool;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Gives a stream to a program that brings it into a server. */
public final class Feeding {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final long PATIENCE_MILLIS = 5_000;

    private Feeding() {}

    /**
     * Writes the stream to the program, and waits for its end. Where the stream breaks off or is not whole, the program does not see an end but is ended, so that
     * nobody takes half of it for all.
     *
     * @param tool borrowed; ended where this fails
     * @param stream read by another thread, which has ended when this returns
     * @param what is restored, for errors
     * @param whole throws where the stream, that has ended, was not whole
     */
    public static void run(RunningTool tool, InputStream stream, String what, Runnable whole) {
        // A program whose output nobody reads stops to read its input.
        Thread reader =
                Thread.ofPlatform().daemon().name("holdfast-restore-output").start(() -> discard(tool));
        Callable<Boolean> work = () -> {
            pump(tool, stream, what);
            return true;
        };
        FutureTask<Boolean> pump = new FutureTask<>(work);
        // A write to a program that waits for its server cannot be interrupted.
        Thread writer =
                Thread.ofPlatform().daemon().name("holdfast-restore-input").start(pump);
        try {
            pump.get();
            whole.run();
            tool.input().close();
            reader.join();
        } catch (IOException e) {
            throw tool.failed(what, e);
        } catch (ExecutionException e) {
            tool.close();
            if (e.getCause() instanceof HoldfastException told) {
                throw told;
            }
            throw new HoldfastException(ErrorCode.FAILED, what + ": " + e.getMessage(), null, e);
        } catch (InterruptedException e) {
            tool.close();
            writer.interrupt();
            await(writer);
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
        tool.requireSuccess(what);
    }

    private static void await(Thread writer) {
        try {
            writer.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pump(RunningTool tool, InputStream stream, String what) {
        byte[] buffer = new byte[BUFFER_BYTES];
        int count = read(stream, buffer, what);
        while (count >= 0) {
            try {
                tool.input().write(buffer, 0, count);
                tool.input().flush();
            } catch (IOException e) {
                throw tool.failed(what, e);
            }
            count = read(stream, buffer, what);
        }
    }

    private static int read(InputStream stream, byte[] buffer, String what) {
        try {
            return stream.read(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw new HoldfastException(ErrorCode.FAILED, what + ": the dump breaks off: " + e.getMessage(), null, e);
        }
    }

    private static void discard(RunningTool tool) {
        try (InputStream out = tool.output()) {
            out.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // It has ended.
        }
    }
}
