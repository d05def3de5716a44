/** MariaDB and MySQL by their own programs. */
@NullMarked
package io.holdfast.databases.mariadb;

import org.jspecify.annotations.NullMarked;
