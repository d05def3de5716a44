package io.holdfast.sources.backup;

/** Which inode: equal for all names of one file. */
record HardLinkKey(long device, long inode) {}
