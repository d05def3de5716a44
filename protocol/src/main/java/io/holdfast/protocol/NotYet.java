package io.holdfast.protocol;

/** What was asked for goes on and takes long: ask again, at once. So no connection is idle for so long that somebody on the way gives it up. */
public final class NotYet extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NotYet(String what) {
        super(what, null, false, false);
    }
}
