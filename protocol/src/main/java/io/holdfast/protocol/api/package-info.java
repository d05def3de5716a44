/** What people and scripts exchange with the control server under {@code /api/v1}. Times are UTC; what is absent is not known. A newer server may say more. */
@NullMarked
package io.holdfast.protocol.api;

import org.jspecify.annotations.NullMarked;
