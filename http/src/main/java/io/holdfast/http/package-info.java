/** A thin layer over Jetty: routes, limits, errors and TLS, so that nobody else knows which server it is. */
@NullMarked
package io.holdfast.http;

import org.jspecify.annotations.NullMarked;
