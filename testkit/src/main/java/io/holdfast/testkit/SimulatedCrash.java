package io.holdfast.testkit;

/** The process died here, as far as the store can tell. No product code catches it by its type. */
public final class SimulatedCrash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SimulatedCrash(String message) {
        super(message);
    }
}
