/** What is to be saved, when, and for how long: rules as values, and decisions as pure functions of rules, history and time. */
@NullMarked
package io.holdfast.plan;

import org.jspecify.annotations.NullMarked;
