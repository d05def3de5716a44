/**
 * The console: the control server's pages for people, made on the server from the templates in {@code src/main/jte}. It does nothing that {@link
 * io.holdfast.control.ControlApi} does not do, asks for the same rights, and knows neither the catalog nor any secret.
 */
@NullMarked
package io.holdfast.console;

import org.jspecify.annotations.NullMarked;
