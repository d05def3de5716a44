package io.holdfast.storage;

import java.util.Map;

/**
 * What was asked of a store so far.
 *
 * @param requests calls of each kind, also those that failed; kinds that never came are absent
 * @param failures calls that ended with an exception
 * @param uploadedBytes handed to puts that stored them
 * @param downloadedBytes received from gets and ranged gets
 */
public record StoreUsage(Map<StoreOperation, Long> requests, long failures, long uploadedBytes, long downloadedBytes) {
    public StoreUsage {
        requests = Map.copyOf(requests);
    }

    /** How many calls of one kind. */
    public long count(StoreOperation operation) {
        return requests.getOrDefault(operation, 0L);
    }
}
