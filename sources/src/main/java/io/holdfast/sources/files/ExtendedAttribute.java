package io.holdfast.sources.files;

import io.holdfast.core.Bytes;

/**
 * One extended attribute. POSIX ACLs, file capabilities and SELinux labels are extended attributes too ({@code
 * system.posix_acl_access}, {@code security.capability}, {@code security.selinux}).
 *
 * @param name with its name space, such as {@code user.comment}; 1 to 255 bytes
 * @param value 0 to 65,536 bytes
 */
public record ExtendedAttribute(Bytes name, Bytes value) implements Comparable<ExtendedAttribute> {
    /** By name, as unsigned bytes. */
    @Override
    public int compareTo(ExtendedAttribute other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : value.compareTo(other.value);
    }
}
