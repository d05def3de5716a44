package io.holdfast.cli;

/** The {@code holdfast} command; so far it tells its version. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        if (arguments.length == 1 && arguments[0].equals("version")) {
            System.out.println("holdfast " + Main.class.getPackage().getImplementationVersion());
            return;
        }
        System.err.println("usage: holdfast version");
        System.exit(2);
    }
}
