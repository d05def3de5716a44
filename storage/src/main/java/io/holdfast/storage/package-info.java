/**
 * Object stores: the contract every backend keeps ({@link io.holdfast.storage.ObjectStore}), the disk store, a store in memory,
 * and decorators that add one concern each.
 */
@NullMarked
package io.holdfast.storage;

import org.jspecify.annotations.NullMarked;
