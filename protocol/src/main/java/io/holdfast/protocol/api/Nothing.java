package io.holdfast.protocol.api;

/** What is sent where nothing has to be said. */
public record Nothing() {
    public static final Nothing NOTHING = new Nothing();
}
