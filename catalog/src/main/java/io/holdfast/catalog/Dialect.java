package io.holdfast.catalog;

/** The databases that a catalog may lie in, and in what they differ. */
enum Dialect {
    SQLITE,
    POSTGRESQL
}
