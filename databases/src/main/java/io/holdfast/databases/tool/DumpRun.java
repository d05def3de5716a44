package io.holdfast.databases.tool;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DumpConsumer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Hands the output of a program to a consumer, who hears at its end whether both the program and the stream itself say that it is whole. */
public final class DumpRun {
    private DumpRun() {}

    /**
     * @param tool borrowed
     * @param stream its output, looked at
     * @param what is dumped, for errors
     * @param whole throws where the stream is not whole; asked when the program has ended well
     */
    public static <T> T send(
            RunningTool tool, EndsOfStream stream, String what, DumpConsumer<T> consumer, Runnable whole) {
        Ending ending = new Ending(tool, stream, what, whole);
        T result = consumer.take(unclosed(stream), ending);
        if (!ending.isAsked) {
            throw new IllegalStateException("nobody asked whether the dump is whole");
        }
        return result;
    }

    private static InputStream unclosed(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return in.read(bytes, offset, length);
            }

            @Override
            public void close() {
                // The program is closed by who has started it.
            }
        };
    }

    private static final class Ending implements DumpConsumer.Ending {
        private final RunningTool tool;
        private final EndsOfStream stream;
        private final String what;
        private final Runnable whole;
        private volatile boolean isAsked;

        Ending(RunningTool tool, EndsOfStream stream, String what, Runnable whole) {
            this.tool = tool;
            this.stream = stream;
            this.what = what;
            this.whole = whole;
        }

        @Override
        public void check() {
            isAsked = true;
            if (!stream.hasEnded()) {
                throw new HoldfastException(ErrorCode.FAILED, what + " was not read to its end");
            }
            tool.requireSuccess(what);
            whole.run();
        }
    }
}
