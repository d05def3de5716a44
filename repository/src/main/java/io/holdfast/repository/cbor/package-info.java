/** Deterministic CBOR (RFC 8949 section 4.2.1): one encoding for every value; anything else is refused as damage. */
@NullMarked
package io.holdfast.repository.cbor;

import org.jspecify.annotations.NullMarked;
