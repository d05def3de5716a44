/** What a control server knows: a database that can be made again from the repositories, and names no file of any snapshot. */
@NullMarked
package io.holdfast.catalog;

import org.jspecify.annotations.NullMarked;
