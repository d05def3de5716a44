package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.repository.pack.PackId;

/**
 * A pack as an index segment knows it.
 *
 * @param salt of its envelope, needed to read frames without reading the pack's start
 * @param sizeBytes stored length
 * @param givenUp marked by a repair: nothing in it is a copy to rely on. Of several segments that have the pack, one with the mark is
 *     enough, see {@link Index#isGivenUp}
 */
public record IndexedPack(
        PackId id, Bytes salt, int epoch, int tocOffset, int tocStoredBytes, int sizeBytes, boolean givenUp) {
    IndexedPack marked(boolean asGivenUp) {
        return new IndexedPack(id, salt, epoch, tocOffset, tocStoredBytes, sizeBytes, asGivenUp);
    }
}
