package io.holdfast.repository.index;

/** Where a reader gets the index again, when a chunk is not where it was. */
public interface IndexSource {
    /** The index as it is now. */
    Index reload();

    /** The index as it is now, from the store and not from cached copies. */
    Index refetch();

    /** One that never changes and comes from no cache. */
    static IndexSource fixed(Index index) {
        return new IndexSource() {
            @Override
            public Index reload() {
                return index;
            }

            @Override
            public Index refetch() {
                return index;
            }
        };
    }
}
