package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.net.InetAddress;

/**
 * Addresses that begin with the same bits, such as {@code 10.1.0.0/16} or {@code 2001:db8::/32}.
 *
 * @param first the address whose further bits are all zero
 * @param bits how many they share: 0 to 32, or to 128
 */
public record Network(InetAddress first, int bits) {
    private static final String FORM = "Write one such as 10.1.0.0/16, 2001:db8::/32 or 192.0.2.7.";

    public Network {
        byte[] address = first.getAddress();
        if (bits < 0 || bits > address.length * Byte.SIZE) {
            throw HoldfastException.usage("a network of " + bits + " bits", FORM);
        }
        for (int i = bits; i < address.length * Byte.SIZE; i++) {
            if (bit(address, i)) {
                throw HoldfastException.usage(
                        first.getHostAddress() + "/" + bits + " is no network: bits are set after the first " + bits,
                        FORM);
            }
        }
    }

    /**
     * Reads one; no name is looked up.
     *
     * @param text an address alone is a network of one
     * @throws HoldfastException {@code USAGE}
     */
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        try {
            InetAddress first = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            int bits = slash < 0 ? first.getAddress().length * Byte.SIZE : Integer.parseInt(text.substring(slash + 1));
            return new Network(first, bits);
        } catch (IllegalArgumentException e) {
            throw new HoldfastException(ErrorCode.USAGE, "'" + text + "' is no network", FORM, e);
        }
    }

    public boolean contains(InetAddress address) {
        byte[] mine = first.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            if (bit(mine, i) != bit(other, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean bit(byte[] address, int index) {
        return (address[index / Byte.SIZE] >> (Byte.SIZE - 1 - index % Byte.SIZE) & 1) != 0;
    }

    /** As {@link #parse} reads it. */
    public String text() {
        return first.getHostAddress() + "/" + bits;
    }
}
