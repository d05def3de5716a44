/**
 * The file layer of a host: what backup reads and restore writes, with all the metadata the system keeps.
 *
 * <p>Names are bytes. Everything is relative to directory handles and never follows a symbolic link, so that paths of any
 * length work and nobody can swap a component of a path under a running backup or restore. {@link
 * io.holdfast.sources.files.HostFiles} is the entry; {@code LinuxHostFiles} speaks system calls through the foreign function
 * interface, {@code PortableHostFiles} is plain {@code java.nio}.
 *
 * <p>System calls hold their thread, also the carrier of a virtual thread, and do not react to interruption: callers bound
 * how many run at once and look for interruption between calls.
 */
@NullMarked
package io.holdfast.sources.files;

import org.jspecify.annotations.NullMarked;
