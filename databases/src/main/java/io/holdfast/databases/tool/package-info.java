/** Running the programs of database servers, and looking at their streams as they pass. */
@NullMarked
package io.holdfast.databases.tool;

import org.jspecify.annotations.NullMarked;
