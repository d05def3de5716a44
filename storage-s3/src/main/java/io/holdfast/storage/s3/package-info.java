/** Objects in a bucket of Amazon S3, or of anything that speaks its protocol. */
@NullMarked
package io.holdfast.storage.s3;

import org.jspecify.annotations.NullMarked;
