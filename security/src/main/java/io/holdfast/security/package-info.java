/** Who is who: certificates of machines, passwords and tokens of people. Knows neither HTTP nor the catalog. */
@NullMarked
package io.holdfast.security;

import org.jspecify.annotations.NullMarked;
