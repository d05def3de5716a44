package io.holdfast.mount;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import org.cryptomator.jfuse.api.Stat;

/**
 * Sets what the FUSE library has no way to set in a {@code struct stat}, of which it holds the memory: how many blocks a file takes. Without that, programs that look for
 * holes (tar -S) take every file for one, and save zeros. The field lies at the same place on x86-64 and aarch64 (asm/stat.h).
 */
final class StatStruct {
    private static final long BLOCKS_AT = 64;
    private static final int BLOCK_BYTES = 512;

    private final Field memory;

    private StatStruct(Field memory) {
        this.memory = memory;
    }

    /** @throws HoldfastException {@code FAILED} where the library is another one than this was made for: better an error for each file than zeros */
    static StatStruct of(Class<? extends Stat> implementation) {
        try {
            Field memory = implementation.getDeclaredField("segment");
            memory.setAccessible(true);
            return new StatStruct(memory);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "this version of jfuse keeps its memory elsewhere: " + e, null, e);
        }
    }

    /** @param dataBytes what the file takes, without its holes */
    void setDataBytes(Stat stat, long dataBytes) {
        try {
            ((MemorySegment) memory.get(stat))
                    .set(ValueLayout.JAVA_LONG_UNALIGNED, BLOCKS_AT, Math.ceilDiv(dataBytes, BLOCK_BYTES));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
