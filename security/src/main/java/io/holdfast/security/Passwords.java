package io.holdfast.security;

import io.holdfast.core.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Hashes of passwords by Argon2id (RFC 9106), as PHC strings: {@code $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH}, salt and hash in Base64 without padding.
 * Passwords are compared as Unicode sees them (NFC). Few are hashed at a time, so that many who log in at once cost time and no more memory. Thread-safe.
 */
public final class Passwords {
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final int MAX_HASH_BYTES = 1_024;
    private static final int MAX_CHARACTERS = 1_000;
    private static final int AT_ONCE = 2;
    private static final Pattern FORM =
            Pattern.compile("\\$argon2id\\$v=19\\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})"
                    + "\\$([A-Za-z0-9+/]{11,})\\$([A-Za-z0-9+/]{6,})");

    private final Cost cost;
    private final SecureRandom random;
    private final Semaphore places = new Semaphore(AT_ONCE, true);
    private final String ofNobody;

    /**
     * What it costs to try a password (RFC 9106 section 3.1).
     *
     * @param memoryKiB 8 for each lane to 1,048,576
     * @param passes 1 to 99
     * @param lanes 1 to 16; they are computed one after the other
     */
    public record Cost(int memoryKiB, int passes, int lanes) {
        /** 19 MiB and two passes, some 50 ms: what OWASP recommends for servers. */
        public static final Cost DEFAULT = new Cost(19_456, 2, 1);

        private static final int MAX_MEMORY_KIB = 1 << 20;
        private static final int MAX_PASSES = 99;
        private static final int MAX_LANES = 16;
        private static final int MIN_MEMORY_KIB_PER_LANE = 8;

        public Cost {
            if (lanes < 1
                    || lanes > MAX_LANES
                    || memoryKiB < MIN_MEMORY_KIB_PER_LANE * lanes
                    || memoryKiB > MAX_MEMORY_KIB
                    || passes < 1
                    || passes > MAX_PASSES) {
                throw new IllegalArgumentException(
                        "Argon2id with " + memoryKiB + " KiB, " + passes + " passes, " + lanes + " lanes");
            }
        }
    }

    /** A PHC string that was read. */
    private record Parsed(Cost cost, byte[] salt, byte[] hash) {}

    /** @param cost of hashes that are made; those that are checked have their own */
    public Passwords(Cost cost, SecureRandom random) {
        this.cost = cost;
        this.random = random;
        this.ofNobody = phc(cost, new byte[SALT_BYTES], new byte[HASH_BYTES]);
    }

    /**
     * Makes the hash of a password, with a new salt.
     *
     * @param password 1 to 1,000 characters
     * @throws HoldfastException {@code USAGE} where it is empty or longer
     */
    public String hash(String password) {
        if (password.isEmpty() || password.length() > MAX_CHARACTERS) {
            throw HoldfastException.usage(
                    "a password of " + password.length() + " characters", "Choose one of 1 to " + MAX_CHARACTERS + ".");
        }
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return phc(cost, salt, argon2id(password, new Parsed(cost, salt, new byte[HASH_BYTES])));
    }

    /**
     * Whether a password is the one of this hash; the time that takes tells nothing of either.
     *
     * @param phc as {@link #hash} or another program made it
     * @throws HoldfastException {@code DAMAGED} where it is none of Argon2id
     */
    public boolean check(String password, String phc) {
        Parsed parsed = parse(phc);
        return password.length() <= MAX_CHARACTERS && MessageDigest.isEqual(argon2id(password, parsed), parsed.hash());
    }

    /** Takes the time that {@link #check} takes, for a user who is not there: an answer that came faster would tell that. */
    public void checkNobody(String password) {
        boolean ignored = check(password, ofNobody);
    }

    /** Whether a hash was made at another cost than those that are made now. */
    public boolean isRehashNeeded(String phc) {
        Parsed parsed = parse(phc);
        return !parsed.cost().equals(cost) || parsed.hash().length != HASH_BYTES;
    }

    private static String phc(Cost cost, byte[] salt, byte[] hash) {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + cost.memoryKiB() + ",t=" + cost.passes() + ",p=" + cost.lanes() + "$"
                + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
    }

    private static Parsed parse(String phc) {
        Matcher matcher = FORM.matcher(phc);
        // What is in it is not told: it may get into a log.
        if (phc.length() > MAX_HASH_BYTES || !matcher.matches()) {
            throw HoldfastException.damaged("the hash of a password is no PHC string of Argon2id");
        }
        try {
            Cost cost = new Cost(
                    Integer.parseInt(matcher.group(1)),
                    Integer.parseInt(matcher.group(2)),
                    Integer.parseInt(matcher.group(3)));
            Base64.Decoder base64 = Base64.getDecoder();
            return new Parsed(cost, base64.decode(matcher.group(4)), base64.decode(matcher.group(5)));
        } catch (IllegalArgumentException e) {
            throw HoldfastException.damaged("the hash of a password cannot be: " + e.getMessage());
        }
    }

    /** As long as the hash that is to be compared or filled. */
    private byte[] argon2id(String password, Parsed parsed) {
        byte[] bytes = Normalizer.normalize(password, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
        places.acquireUninterruptibly();
        try {
            Argon2BytesGenerator generator = new Argon2BytesGenerator();
            generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                    .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                    .withMemoryAsKB(parsed.cost().memoryKiB())
                    .withIterations(parsed.cost().passes())
                    .withParallelism(parsed.cost().lanes())
                    .withSalt(parsed.salt())
                    .build());
            byte[] hash = new byte[parsed.hash().length];
            int ignored = generator.generateBytes(bytes, hash);
            return hash;
        } finally {
            places.release();
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
