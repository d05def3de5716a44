/**
 * What tests of several modules share: the contract every object store keeps, a store that fails on demand, a clock that
 * needs no waiting, and random input from a printed seed.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
