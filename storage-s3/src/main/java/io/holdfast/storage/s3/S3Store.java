package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.ThawRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Objects in an S3 bucket, each by its name below the location's prefix.
 *
 * <p><b>A put</b> is one PutObject with {@code If-None-Match: *}; above {@value #PARTS_FROM_BYTES} bytes it is a multipart upload whose
 * completion has the condition. The server checks the SHA-256 of what arrives. What fails is not tried again here: whether the object
 * is there is then unknown, and what follows from that is the caller's to know (see {@code RetryingStore}).
 *
 * <p><b>What the server can do</b> is found out with a probe before the first put ({@link #capabilities}): one that ignores the condition has no
 * put-if-absent. Then a put looks first, which is enough for a single writer and for no second one.
 *
 * <p><b>In a bucket with versions</b> a delete removes all versions of the name: a delete marker would keep what was to be freed.
 */
public final class S3Store implements ObjectStore {
    private static final long PARTS_FROM_BYTES = 100L << 20;
    private static final long PART_BYTES = 64L << 20;
    /** One connection alone rarely fills the way to the store. */
    private static final int PARALLEL_PUTS = 4;

    private static final int PRECONDITION_FAILED = 412;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int COPY_BYTES = 64 << 10;
    /** No object is larger, so no range starts later. */
    private static final long MAX_OFFSET = 5L << 40;

    private final S3Location location;
    private final S3Requests requests;
    private final S3Client client;
    private final S3Locks locks;
    private final S3Archives archives;
    /** Where this is a view, the store that it belongs to. */
    private final Optional<S3Store> owner;

    private final S3Versions versions;
    private final int parallelPuts;
    private volatile boolean closed;
    private @Nullable Probed probed;

    private record Probed(Capabilities capabilities, boolean versioned) {}

    private S3Store(
            S3Location location, S3Requests requests, S3Client client, int parallelPuts, Optional<S3Store> owner) {
        this.location = location;
        this.requests = requests;
        this.client = client;
        this.locks = new S3Locks(location, requests, client);
        this.archives = new S3Archives(location, client);
        this.parallelPuts = parallelPuts;
        this.owner = owner;
        this.versions = new S3Versions(location, client, locks);
    }

    /** Opens a place without a request; a bucket that is not there is found out by the first call. */
    public static S3Store open(S3Location location) {
        return open(location, Bandwidth.UNLIMITED);
    }

    /** The same with what it may take of the line. */
    public static S3Store open(S3Location location, Bandwidth bandwidth) {
        // First what may fail over a file that the user named: nothing has to be closed then.
        S3Requests requests = new S3Requests(location);
        try {
            int parallelPuts = bandwidth.upload().parallelTransfers(PART_BYTES, PARALLEL_PUTS);
            return new S3Store(location, requests, S3Clients.make(location, bandwidth), parallelPuts, Optional.empty());
        } catch (SdkException e) {
            throw S3Errors.translate(location.toString(), e);
        }
    }

    /** Probes the place the first time: three requests, and one more where there are versions. */
    @Override
    public Capabilities capabilities() {
        return probed().capabilities().withArchives(location.isCold());
    }

    @Override
    public S3Store withDataClass(String storageClass) {
        S3Location other = location.withDataClass(storageClass);
        return new S3Store(other, new S3Requests(other), client, parallelPuts, Optional.of(owner.orElse(this)));
    }

    /**
     * Tries whether the server takes the storage class of data packs, with an empty object that goes again. Only a put tells: servers have classes of their
     * own, and not all that Amazon has.
     *
     * @throws HoldfastException {@code USAGE} where it does not
     */
    public void tryDataClass() {
        if (location.dataClass().isEmpty()) {
            return;
        }
        // It has taken the same without a class.
        boolean versioned = probed().versioned();
        ObjectName name = ObjectName.of("probe/" + UUID.randomUUID());
        String what = describe("probe", name);
        try {
            PutObjectResponse ignored = client.putObject(
                    requests.put(name, location.dataClass(), Instant.EPOCH)
                            .contentLength(0L)
                            .build(),
                    RequestBody.empty());
            remove(requests.key(name), versioned);
        } catch (AwsServiceException e) {
            if (S3Errors.isAboutRequest(e)) {
                throw new HoldfastException(
                        ErrorCode.USAGE,
                        S3Errors.unknownClass(
                                location.toString(), location.dataClass().get(), e),
                        "Name one that it has with --data-class or storage-class=, or leave both out; nothing was made.",
                        e);
            }
            throw S3Errors.translate(what, e);
        } catch (SdkException e) {
            throw S3Errors.translate(what, e);
        }
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return S3Archives.find(name);
    }

    @Override
    public boolean mayPass(HoldfastException failure) {
        return S3Errors.mayPass(failure);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        begin("put", name);
        Instant until = S3Locks.rounded(lockUntil);
        if (!until.equals(Instant.EPOCH)) {
            requireLocks();
        }
        boolean conditional = probed().capabilities().putIfAbsent();
        if (!conditional && stat(name).isPresent()) {
            return PutOutcome.ALREADY_THERE;
        }
        long sizeBytes = BufferStream.sizeOf(content);
        try {
            if (sizeBytes > PARTS_FROM_BYTES) {
                putInParts(name, content, sizeBytes, until);
            } else {
                PutObjectRequest.Builder request = requests.put(name, until).contentLength(sizeBytes);
                if (!until.equals(Instant.EPOCH)) {
                    request.contentMD5(S3Locks.md5(content)); // S3 wants it for what is locked
                }
                if (conditional) {
                    request.ifNoneMatch("*");
                }
                PutObjectResponse ignored = client.putObject(request.build(), body(content, sizeBytes));
            }
            if (!until.equals(Instant.EPOCH)) {
                locks.requireKept(until, () -> stat(name), describe("put", name));
            }
            return PutOutcome.STORED;
        } catch (AwsServiceException e) {
            if (e.statusCode() == PRECONDITION_FAILED) {
                return PutOutcome.ALREADY_THERE;
            }
            throw S3Errors.ofPut(describe("put", name), name, requests.storageClass(name), e);
        } catch (SdkException e) {
            throw S3Errors.translate(describe("put", name), e);
        }
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        begin("get", name);
        return read("get", name, requests.get(name).build(), (response, in) -> {
            long sizeBytes = response.contentLength();
            if (sizeBytes > Integer.MAX_VALUE - 8) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        describe("get", name) + ": " + sizeBytes + " bytes are too many to read at once");
            }
            ByteBuffer whole = ByteBuffer.allocate((int) sizeBytes);
            fill(whole, in);
            return whole.flip();
        });
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        begin("get", name);
        int length = target.remaining();
        if (length == 0 || offsetBytes > MAX_OFFSET) {
            Optional<ObjectStat> there = stat(name);
            if (there.isPresent() && offsetBytes > there.get().sizeBytes()) {
                throw endsBefore(name, offsetBytes, length);
            }
            return there.isPresent();
        }
        GetObjectRequest request = requests.get(name)
                .range("bytes=" + offsetBytes + "-" + (offsetBytes + length - 1))
                .build();
        Optional<Boolean> read = read("get", name, request, (response, in) -> {
            if (response.contentLength() != length) {
                throw endsBefore(name, offsetBytes, length);
            }
            fill(target.duplicate(), in);
            target.position(target.limit());
            return true;
        });
        return read.isPresent();
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        begin("list", prefix);
        if (prefix.startsWith("/") || prefix.contains("//") || prefix.contains("..")) {
            return; // No object has such a name.
        }
        String token = null;
        do {
            String from = token;
            ListObjectsV2Response page = call(
                    "list",
                    prefix,
                    () -> client.listObjectsV2(request -> request.bucket(location.bucket())
                            .prefix(location.prefix() + prefix)
                            .continuationToken(from)));
            for (S3Object object : page.contents()) {
                String name = object.key().substring(location.prefix().length());
                if (ObjectName.isValid(name)) {
                    visitor.visit(S3Archives.listed(
                            new ObjectStat(ObjectName.of(name), object.size()), object.storageClassAsString()));
                }
            }
            token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
        } while (token != null);
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        begin("stat", name);
        try {
            HeadObjectResponse head = client.headObject(requests.head(name));
            return Optional.of(S3Archives.of(new ObjectStat(name, head.contentLength(), S3Locks.dateOf(head)), head));
        } catch (AwsServiceException e) {
            if (S3Errors.isNotFound(e)) {
                return Optional.empty();
            }
            throw S3Errors.translate(describe("stat", name), e);
        } catch (SdkException e) {
            throw S3Errors.translate(describe("stat", name), e);
        }
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        begin("lock", name);
        requireLocks();
        return locks.extend(name, S3Locks.rounded(until), () -> stat(name), describe("lock", name));
    }

    private void requireLocks() {
        if (!probed().capabilities().locks()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    location + " cannot lock objects",
                    "Use a bucket with Object Lock; it is switched on when the bucket is made.");
        }
    }

    /** Two requests: what a RestoreObject has to say differs by class. */
    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        begin("thaw", name);
        Optional<ObjectStat> known = stat(name);
        return known.isEmpty()
                ? Optional.empty()
                : archives.thaw(name, requests.key(name), known.get(), request, describe("thaw", name));
    }

    /** Two requests: a delete alone does not tell whether there was anything. */
    @Override
    public boolean delete(ObjectName name) {
        begin("delete", name);
        if (probed().versioned()) {
            return versions.delete(requests.key(name));
        }
        if (stat(name).isEmpty()) {
            return false;
        }
        call(
                "delete",
                name,
                () -> client.deleteObject(
                        request -> request.bucket(location.bucket()).key(requests.key(name))));
        return true;
    }

    /**
     * Brings objects back that somebody has deleted in a bucket with versions, where a delete only puts a marker over the versions. Takes the markers away
     * that lie over a version; needs no probe.
     *
     * @return how many objects are there again
     */
    public long undelete() {
        begin("undelete", "");
        return versions.undelete();
    }

    @Override
    public String describe() {
        return location.toString();
    }

    @Override
    public void close() {
        if (!closed && owner.isEmpty()) {
            closed = true;
            client.close();
        }
    }

    /** What is done with an answer that has arrived so far. */
    @FunctionalInterface
    private interface Reading<T> {
        T of(GetObjectResponse response, InputStream in) throws IOException;
    }

    private <T> Optional<T> read(String operation, ObjectName name, GetObjectRequest request, Reading<T> reading) {
        try (ResponseInputStream<GetObjectResponse> in = client.getObject(request)) {
            try {
                return Optional.of(reading.of(in.response(), in));
            } catch (IOException | RuntimeException e) {
                in.abort(); // Instead of reading on to the end, only to use the connection again.
                throw e;
            }
        } catch (AwsServiceException e) {
            if (S3Errors.isNotFound(e)) {
                return Optional.empty();
            }
            if (e.statusCode() == RANGE_NOT_SATISFIABLE) {
                throw HoldfastException.damaged(describe(operation, name) + ": the object ends before the range does");
            }
            throw S3Errors.translate(describe(operation, name), e);
        } catch (SdkException e) {
            throw S3Errors.translate(describe(operation, name), e);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw S3Errors.interrupted(describe(operation, name), e);
            }
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    describe(operation, name) + ": the answer broke off: " + e.getMessage(),
                    "Check the network, then try again.",
                    e);
        }
    }

    private static void fill(ByteBuffer target, InputStream in) throws IOException {
        byte[] piece = target.hasArray() ? target.array() : new byte[COPY_BYTES];
        while (target.hasRemaining()) {
            int at = target.hasArray() ? target.arrayOffset() + target.position() : 0;
            int room = target.hasArray() ? target.remaining() : Math.min(piece.length, target.remaining());
            int count = in.read(piece, at, room);
            if (count < 0) {
                throw new IOException("it ended " + target.remaining() + " bytes early");
            }
            if (target.hasArray()) {
                target.position(target.position() + count);
            } else {
                target.put(piece, 0, count);
            }
        }
    }

    private HoldfastException endsBefore(ObjectName name, long offsetBytes, int length) {
        return HoldfastException.damaged(
                describe("get", name) + ": ends before " + length + " bytes from " + offsetBytes + " on");
    }

    private static RequestBody body(List<ByteBuffer> content, long sizeBytes) {
        return RequestBody.fromContentProvider(() -> new BufferStream(content), sizeBytes, "application/octet-stream");
    }

    private void putInParts(ObjectName name, List<ByteBuffer> content, long sizeBytes, Instant lockUntil) {
        String upload = client.createMultipartUpload(requests.startParts(name, lockUntil))
                .uploadId();
        boolean complete = false;
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long at = 0; at < sizeBytes; at += PART_BYTES) {
                long length = Math.min(PART_BYTES, sizeBytes - at);
                int number = parts.size() + 1;
                String tag = client.uploadPart(
                                requests.part(name, upload, number, length),
                                body(BufferStream.slice(content, at, length), length))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            var request = requests.completeParts(name, upload)
                    .multipartUpload(
                            CompletedMultipartUpload.builder().parts(parts).build());
            if (probed().capabilities().putIfAbsent()) {
                request.ifNoneMatch("*");
            }
            var ignored = client.completeMultipartUpload(request.build());
            complete = true;
        } finally {
            if (!complete) {
                abort(name, upload);
            }
        }
    }

    /** Parts that are left lying cost money; a bucket rule may clear away what this does not reach. */
    private void abort(ObjectName name, String upload) {
        try {
            var ignored = client.abortMultipartUpload(request ->
                    request.bucket(location.bucket()).key(requests.key(name)).uploadId(upload));
        } catch (SdkException e) {
            // What went wrong before is what the caller has to know.
        }
    }

    private Probed probed() {
        return owner.orElse(this).probedOnce();
    }

    private synchronized Probed probedOnce() {
        Probed known = probed;
        if (known == null) {
            known = probe();
            probed = known;
        }
        return known;
    }

    /** Two puts of one name: the second one has to be refused. The name is none that an object may have. */
    private Probed probe() {
        ObjectName name = ObjectName.of("probe/" + UUID.randomUUID());
        PutObjectRequest request = requests.put(name, Instant.EPOCH)
                .ifNoneMatch("*")
                .contentLength(0L)
                .build();
        String key = requests.key(name);
        try {
            PutObjectResponse first = client.putObject(request, RequestBody.empty());
            boolean versioned = first.versionId() != null && !first.versionId().equals("null");
            boolean conditional = false;
            try {
                PutObjectResponse ignored = client.putObject(request, RequestBody.empty());
            } catch (AwsServiceException e) {
                if (e.statusCode() != PRECONDITION_FAILED) {
                    throw e;
                }
                conditional = true;
            }
            remove(key, versioned);
            boolean locking = versioned && locks.areOffered();
            return new Probed(new Capabilities(conditional, true, true, parallelPuts, locking), versioned);
        } catch (SdkException e) {
            removeIfInterrupted(key);
            throw S3Errors.ofPut(describe("probe", name), name, requests.storageClass(name), e);
        }
    }

    /** Whoever ends a program leaves nothing in the bucket; where it cannot be reached, neither. */
    private void removeIfInterrupted(String key) {
        if (Thread.interrupted()) {
            try {
                remove(key, false);
            } catch (SdkException e) {
                // What went wrong before is what the caller has to know.
            }
            Thread.currentThread().interrupt();
        }
    }

    /** What a probe has put. */
    private void remove(String key, boolean versioned) {
        if (versioned) {
            boolean ignored = versions.delete(key);
        } else {
            var ignored = client.deleteObject(
                    delete -> delete.bucket(location.bucket()).key(key));
        }
    }

    private <T> T call(String operation, Object what, Supplier<T> request) {
        try {
            return request.get();
        } catch (SdkException e) {
            throw S3Errors.translate(describe(operation, what), e);
        }
    }

    private void begin(String operation, Object what) {
        if (owner.orElse(this).closed) {
            throw new IllegalStateException(location + " is closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, describe(operation, what) + ": interrupted");
        }
    }

    private String describe(String operation, Object what) {
        return location + ": " + operation + " " + what;
    }
}
