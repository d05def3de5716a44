package io.holdfast.storage.s3;

import io.holdfast.core.HoldfastException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Where a repository lies in S3, as {@code s3://bucket/prefix?option=value&…} says it. Credentials never stand in it: they come from
 * the standard chain of the AWS SDK. Immutable.
 *
 * @param prefix of all keys: empty, or ending with a slash
 * @param endpoint of a server that is not Amazon's
 * @param region empty where the SDK finds it (environment, profile)
 * @param pathStyle the bucket stands in the path, not in the host name
 * @param dataClass storage class of data packs
 * @param hotClass storage class of all else; never one that has to be restored before it can be read
 * @param encryption what the server encrypts with, beside our own encryption
 * @param lockMode how objects are locked
 * @param authority a file with certificates (PEM) to trust besides those of the Java runtime
 */
public record S3Location(
        String bucket,
        String prefix,
        Optional<URI> endpoint,
        Optional<String> region,
        boolean pathStyle,
        Optional<String> dataClass,
        Optional<String> hotClass,
        ServerEncryption encryption,
        LockMode lockMode,
        Optional<Path> authority) {
    public static final String SCHEME = "s3:";

    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    /** Characters that S3 recommends for keys, and a length that leaves room for object names. */
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9!_.*'()/-]{0,600}");

    private static final Pattern CLASS = Pattern.compile("[A-Z][A-Z_]{1,40}");
    private static final Set<String> COLD = Set.of("GLACIER", "DEEP_ARCHIVE");
    private static final Set<String> OPTIONS = new TreeSet<>(Set.of(
            "endpoint",
            "region",
            "path-style",
            "storage-class",
            "metadata-class",
            "lock-mode",
            "sse",
            "sse-key-file",
            "ca-file"));

    /** Modes of Object Lock. */
    public enum LockMode {
        /** Nobody ends the lock before its date, nor the owner of the account. */
        COMPLIANCE,
        /** Who has the permission to bypass it can end it; Holdfast never does. */
        GOVERNANCE
    }

    /** Encryption by the server at rest. */
    public sealed interface ServerEncryption {
        /** What the bucket does by itself. */
        record Default() implements ServerEncryption {}

        /** SSE-S3: keys of the store. */
        record StoreKeys() implements ServerEncryption {}

        /**
         * SSE-KMS.
         *
         * @param keyId empty for the account's default key
         */
        record KeyService(Optional<String> keyId) implements ServerEncryption {}

        /**
         * SSE-C: a key that is sent with each request, and that the server forgets.
         *
         * @param keyFile has the 32 bytes, raw or in base 64
         */
        record CustomerKey(Path keyFile) implements ServerEncryption {}
    }

    /** @throws HoldfastException {@code USAGE} where the URL is malformed */
    public static S3Location parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw wrong(url, "is malformed at character " + e.getIndex());
        }
        String bucket = uri.getRawAuthority();
        if (!"s3".equals(uri.getScheme()) || bucket == null) {
            throw wrong(url, "names no bucket");
        }
        if (!BUCKET.matcher(bucket).matches()) {
            throw wrong(
                    url,
                    "names '" + bucket
                            + "', which is no name of a bucket: these have 3 to 63 small letters, digits, dots and dashes");
        }
        if (uri.getRawFragment() != null) {
            throw wrong(url, "has a '#', which means nothing here");
        }
        String prefix = uri.getRawPath().replaceAll("^/+|/+$", "");
        if (!PREFIX.matcher(prefix).matches() || prefix.contains("//")) {
            throw wrong(url, "has a prefix with characters that do not belong into keys");
        }
        Map<String, String> options = options(url, uri.getRawQuery());
        return new S3Location(
                bucket,
                prefix.isEmpty() ? "" : prefix + "/",
                Optional.ofNullable(options.get("endpoint")).map(given -> endpoint(url, given)),
                Optional.ofNullable(options.get("region")),
                flag(url, options, "path-style", options.containsKey("endpoint")),
                storageClass(url, options, "storage-class"),
                hotClass(url, options),
                encryption(url, options),
                lockMode(url, options),
                Optional.ofNullable(options.get("ca-file")).map(Path::of));
    }

    /**
     * The same with another storage class for data packs.
     *
     * @throws HoldfastException {@code USAGE} where no class is spelled so
     */
    public S3Location withDataClass(String storageClass) {
        if (!CLASS.matcher(storageClass).matches()) {
            throw HoldfastException.usage(
                    "'" + storageClass + "' is no storage class of S3",
                    "Write it as the store does, such as GLACIER, DEEP_ARCHIVE or STANDARD_IA.");
        }
        return new S3Location(
                bucket,
                prefix,
                endpoint,
                region,
                pathStyle,
                Optional.of(storageClass),
                hotClass,
                encryption,
                lockMode,
                authority);
    }

    /** Whether data packs have to be thawed before they can be read. */
    public boolean isCold() {
        return dataClass.filter(COLD::contains).isPresent();
    }

    /** For people: no secrets are in it. */
    @Override
    public String toString() {
        String place = "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
        return endpoint.map(at -> place + " at " + at).orElse(place);
    }

    private static Map<String, String> options(String url, String query) {
        Map<String, String> options = new HashMap<>();
        if (query == null || query.isEmpty()) {
            return options;
        }
        for (String option : query.split("&", -1)) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            String value = equals < 0 ? "" : URLDecoder.decode(option.substring(equals + 1), StandardCharsets.UTF_8);
            if (!OPTIONS.contains(name)) {
                throw wrong(url, "has the option '" + name + "', which is none of " + String.join(", ", OPTIONS));
            }
            if (value.isBlank() || value.indexOf('\0') >= 0) {
                throw wrong(url, "has no value for '" + name + "'");
            }
            if (options.put(name, value) != null) {
                throw wrong(url, "has '" + name + "' twice");
            }
        }
        return options;
    }

    private static URI endpoint(String url, String given) {
        try {
            URI endpoint = new URI(given);
            String scheme = endpoint.getScheme();
            if (("http".equals(scheme) || "https".equals(scheme))
                    && endpoint.getHost() != null
                    && endpoint.getRawQuery() == null
                    && endpoint.getRawUserInfo() == null) {
                return endpoint;
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw wrong(url, "has the endpoint '" + given + "', which is no http or https address");
    }

    private static boolean flag(String url, Map<String, String> options, String name, boolean otherwise) {
        return switch (options.getOrDefault(name, Boolean.toString(otherwise)).toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(url, "wants true or false for '" + name + "'");
        };
    }

    private static Optional<String> storageClass(String url, Map<String, String> options, String name) {
        Optional<String> given = Optional.ofNullable(options.get(name));
        given.filter(value -> !CLASS.matcher(value).matches()).ifPresent(value -> {
            throw wrong(url, "has the " + name + " '" + value + "', which is none");
        });
        return given;
    }

    private static Optional<String> hotClass(String url, Map<String, String> options) {
        Optional<String> given = storageClass(url, options, "metadata-class");
        given.filter(COLD::contains).ifPresent(value -> {
            throw wrong(url, "puts metadata into " + value + ", but metadata has to be readable at once");
        });
        return given;
    }

    private static LockMode lockMode(String url, Map<String, String> options) {
        return switch (options.getOrDefault("lock-mode", "compliance").toLowerCase(Locale.ROOT)) {
            case "compliance" -> LockMode.COMPLIANCE;
            case "governance" -> LockMode.GOVERNANCE;
            default -> throw wrong(url, "wants compliance or governance for 'lock-mode'");
        };
    }

    private static ServerEncryption encryption(String url, Map<String, String> options) {
        String given = options.getOrDefault("sse", "");
        if (given.equals("c") && !options.containsKey("sse-key-file")) {
            throw wrong(url, "has sse=c and no sse-key-file, which names the file with the key");
        }
        if (!given.equals("c") && options.containsKey("sse-key-file")) {
            throw wrong(url, "has an sse-key-file without sse=c, which uses it");
        }
        if (given.startsWith("kms:") && given.length() > 4) {
            return new ServerEncryption.KeyService(Optional.of(given.substring(4)));
        }
        return switch (given) {
            case "" -> new ServerEncryption.Default();
            case "s3" -> new ServerEncryption.StoreKeys();
            case "kms" -> new ServerEncryption.KeyService(Optional.empty());
            case "c" -> new ServerEncryption.CustomerKey(Path.of(options.getOrDefault("sse-key-file", "")));
            default -> throw wrong(url, "has sse=" + given + ", which is none of s3, kms, kms:KEY and c");
        };
    }

    private static HoldfastException wrong(String url, String what) {
        return HoldfastException.usage(
                "the URL '" + url + "' " + what,
                "Write s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, with only the options you need.");
    }
}
