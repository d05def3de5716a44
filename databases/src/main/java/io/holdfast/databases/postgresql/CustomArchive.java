package io.holdfast.databases.postgresql;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The structure of an archive of {@code pg_dump -Fc}, looked at while it passes: a head, a table of contents, and a block for each of its entries that has data
 * (pg_backup_archiver.c and pg_backup_custom.c of PostgreSQL; versions 1.12 to 1.16, which are those of PostgreSQL 9.0 to 18). An archive that comes from a pipe has
 * neither an end mark nor a length, so it is whole where its last block ends and there is one for each entry. Not thread-safe.
 */
final class CustomArchive {
    /** Entries of the database itself, of which the rest of the restore needs what they say; other ones are not kept. */
    record Entry(String description, String tag, String definition, String owner) {
        /** Whether it is about the database, and not about something in it. */
        boolean isOfDatabase() {
            return description.equals("DATABASE")
                    || description.equals("DATABASE PROPERTIES")
                    || tag.startsWith("DATABASE ");
        }
    }

    private static final byte[] MAGIC = {'P', 'G', 'D', 'M', 'P'};
    private static final int CUSTOM_FORMAT = 1;
    private static final int DATA_BLOCK = 1;
    private static final int BLOBS_BLOCK = 3;
    private static final int OLDEST = 12;
    private static final int NEWEST = 16;
    private static final int HEAD_INTEGERS = 7;
    private static final int HEAD_TEXTS = 3;
    private static final int MOST_KEPT_BYTES = 1 << 20;

    /** What comes next. */
    private enum Step {
        HEAD,
        COMPRESSION,
        TIME,
        HEAD_TEXT,
        ENTRY_COUNT,
        ENTRY_ID,
        ENTRY_HAS_DATA,
        ENTRY_TEXT,
        ENTRY_NUMBER,
        ENTRY_DEPENDENCY,
        ENTRY_OFFSET,
        BLOCK,
        BLOCK_ID,
        BLOB_ID,
        PIECE_LENGTH
    }

    /** The fields of an entry after those that say its number and whether it has data. */
    private enum Field {
        TABLE_OID,
        OID,
        TAG,
        DESCRIPTION,
        SECTION,
        DEFINITION,
        DROP,
        COPY,
        NAMESPACE,
        TABLESPACE,
        ACCESS_METHOD,
        KIND,
        OWNER,
        WITH_OIDS
    }

    private Step step = Step.HEAD;
    /** So many bytes make the next value. */
    private int wanted = MAGIC.length + 6;

    private final ByteArrayOutputStream value = new ByteArrayOutputStream();
    /** So many bytes pass unseen, or as the text that is being read. */
    private long skipped;

    private boolean isText;
    private boolean isKept;
    private int version;
    private int integerBytes;
    private int offsetBytes;
    private int repeats;
    private int entriesLeft;
    private List<Field> fields = List.of();
    private int field;
    private String description = "";
    private String tag = "";
    private String definition = "";
    private String owner = "";
    private int id;
    private boolean hasData;
    private boolean isInBlobs;
    private boolean isOfLaterVersion;

    private final List<Entry> ofDatabase = new ArrayList<>();
    private final Set<Integer> withData = new HashSet<>();
    private final Set<Integer> seen = new HashSet<>();

    /**
     * The next bytes.
     *
     * @throws HoldfastException {@code DAMAGED} where they cannot be those of such an archive
     */
    void accept(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end && !isOfLaterVersion) {
            if (skipped > 0) {
                int count = (int) Math.min(skipped, end - at);
                if (isText && isKept && value.size() < MOST_KEPT_BYTES) {
                    value.write(bytes, at, Math.min(count, MOST_KEPT_BYTES - value.size()));
                }
                skipped -= count;
                at += count;
                if (skipped == 0 && isText) {
                    endOfText();
                }
            } else {
                int count = Math.min(wanted - value.size(), end - at);
                value.write(bytes, at, count);
                at += count;
                if (value.size() == wanted) {
                    byte[] whole = value.toByteArray();
                    value.reset();
                    step(whole);
                }
            }
        }
    }

    /** Whether it is of a version that came after this program: then nothing is known of its structure. */
    boolean isOfLaterVersion() {
        return isOfLaterVersion;
    }

    /**
     * Whether head and table of contents have passed.
     *
     * @throws HoldfastException {@code UNSUPPORTED_VERSION} where it is of a later version
     */
    boolean hasContents() {
        if (isOfLaterVersion) {
            throw new HoldfastException(
                    ErrorCode.UNSUPPORTED_VERSION,
                    "an archive of pg_dump of version 1." + version + "; known are 1." + OLDEST + " to 1." + NEWEST,
                    "Use a newer holdfast.");
        }
        return step.ordinal() >= Step.BLOCK.ordinal();
    }

    /** What it says of the database itself, once {@link #hasContents}. */
    List<Entry> ofDatabase() {
        return List.copyOf(ofDatabase);
    }

    /** Why it is not whole, were this its end; empty where it is. */
    Optional<String> gap() {
        if (isOfLaterVersion) {
            return Optional.empty();
        }
        if (!hasContents()) {
            return Optional.of("it ends within its table of contents");
        }
        if (step != Step.BLOCK || skipped > 0 || value.size() > 0) {
            return Optional.of("it ends within the data of entry " + id);
        }
        Set<Integer> missing = new HashSet<>(withData);
        missing.removeAll(seen);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("it ends before the data of " + missing.size() + " of " + withData.size() + " entries");
    }

    private void step(byte[] whole) {
        switch (step) {
            case HEAD -> head(whole);
            case COMPRESSION -> next(Step.TIME, integer(), HEAD_INTEGERS);
            case TIME -> repeat(Step.HEAD_TEXT, HEAD_TEXTS);
            case HEAD_TEXT, ENTRY_TEXT, ENTRY_DEPENDENCY -> text(number(whole));
            case ENTRY_COUNT -> {
                entriesLeft = number(whole);
                if (entriesLeft < 0) {
                    throw damaged("a table of contents with " + entriesLeft + " entries");
                }
                nextEntry();
            }
            case ENTRY_ID -> {
                id = number(whole);
                next(Step.ENTRY_HAS_DATA, integer(), 1);
            }
            case ENTRY_HAS_DATA -> {
                hasData = number(whole) != 0;
                field = 0;
                nextField();
            }
            case ENTRY_NUMBER -> {
                field++;
                nextField();
            }
            case ENTRY_OFFSET -> endOfEntry();
            case BLOCK -> {
                if (whole[0] != DATA_BLOCK && whole[0] != BLOBS_BLOCK) {
                    throw damaged("a block of kind " + whole[0]);
                }
                isInBlobs = whole[0] == BLOBS_BLOCK;
                next(Step.BLOCK_ID, integer(), 1);
            }
            case BLOCK_ID -> {
                id = number(whole);
                if (!withData.contains(id) || !seen.add(id)) {
                    throw damaged("data of entry " + id + ", which has none or had it before");
                }
                next(isInBlobs ? Step.BLOB_ID : Step.PIECE_LENGTH, integer(), 1);
            }
            case BLOB_ID -> {
                if (number(whole) == 0) {
                    next(Step.BLOCK, 1, 1);
                } else {
                    next(Step.PIECE_LENGTH, integer(), 1);
                }
            }
            case PIECE_LENGTH -> {
                int length = number(whole);
                if (length < 0) {
                    throw damaged("a piece of " + length + " bytes");
                }
                if (length > 0) {
                    skipped = length;
                    isText = false;
                } else if (isInBlobs) {
                    next(Step.BLOB_ID, integer(), 1);
                } else {
                    next(Step.BLOCK, 1, 1);
                }
            }
        }
    }

    private void head(byte[] whole) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (whole[i] != MAGIC[i]) {
                throw damaged("it does not begin as one");
            }
        }
        int at = MAGIC.length;
        int major = whole[at];
        version = whole[at + 1];
        integerBytes = whole[at + 3];
        offsetBytes = whole[at + 4];
        if (major > 1 || version > NEWEST) {
            isOfLaterVersion = true;
            return;
        }
        if (version < OLDEST || whole[at + 5] != CUSTOM_FORMAT || integerBytes != 4 || offsetBytes != 8) {
            throw damaged("version " + major + "." + version + ", format " + whole[at + 5]);
        }
        fields = fieldsOf(version);
        next(Step.COMPRESSION, version >= 15 ? 1 : integer(), 1);
    }

    private static List<Field> fieldsOf(int version) {
        List<Field> fields = new ArrayList<>(List.of(Field.values()));
        if (version < 14) {
            fields.remove(Field.ACCESS_METHOD);
        }
        if (version < 16) {
            fields.remove(Field.KIND);
        }
        return fields;
    }

    private int integer() {
        return 1 + integerBytes;
    }

    /** A sign, then the amount, the lowest byte first. */
    private static int number(byte[] bytes) {
        int amount = 0;
        for (int i = bytes.length - 1; i > 0; i--) {
            amount = (amount << 8) | (bytes[i] & 0xFF);
        }
        return bytes[0] == 0 ? amount : -amount;
    }

    private void next(Step next, int bytes, int times) {
        step = next;
        wanted = bytes;
        repeats = times;
    }

    /** One less of what comes several times, then {@code after}. */
    private void repeat(Step after, int times) {
        repeats--;
        if (repeats == 0) {
            next(after, integer(), times);
        }
    }

    private void text(int length) {
        if (length > 0) {
            isText = true;
            isKept = step == Step.ENTRY_TEXT && isKeptField();
            skipped = length;
        } else if (length == 0) {
            endOfText();
        } else if (step == Step.ENTRY_DEPENDENCY) {
            // No text at all ends the list of dependencies.
            next(Step.ENTRY_OFFSET, 1 + offsetBytes, 1);
        } else {
            endOfText();
        }
    }

    private boolean isKeptField() {
        return switch (fields.get(field)) {
            case TAG, DESCRIPTION, DEFINITION, OWNER -> true;
            case TABLE_OID, OID, SECTION, DROP, COPY, NAMESPACE, TABLESPACE, ACCESS_METHOD, KIND, WITH_OIDS -> false;
        };
    }

    private void endOfText() {
        String text = value.toString(StandardCharsets.UTF_8);
        value.reset();
        isText = false;
        if (step == Step.HEAD_TEXT) {
            repeat(Step.ENTRY_COUNT, 1);
        } else if (step == Step.ENTRY_TEXT) {
            switch (fields.get(field)) {
                case TAG -> tag = text;
                case DESCRIPTION -> description = text;
                case DEFINITION -> definition = text;
                case OWNER -> owner = text;
                case TABLE_OID, OID, SECTION, DROP, COPY, NAMESPACE, TABLESPACE, ACCESS_METHOD, KIND, WITH_OIDS -> {}
            }
            field++;
            nextField();
        }
    }

    private void nextEntry() {
        if (entriesLeft == 0) {
            next(Step.BLOCK, 1, 1);
        } else {
            entriesLeft--;
            next(Step.ENTRY_ID, integer(), 1);
        }
    }

    private void nextField() {
        if (field == fields.size()) {
            next(Step.ENTRY_DEPENDENCY, integer(), 1);
        } else if (fields.get(field) == Field.SECTION || fields.get(field) == Field.KIND) {
            next(Step.ENTRY_NUMBER, integer(), 1);
        } else {
            next(Step.ENTRY_TEXT, integer(), 1);
        }
    }

    private void endOfEntry() {
        if (hasData) {
            withData.add(id);
        }
        Entry entry = new Entry(description, tag, definition, owner);
        if (entry.isOfDatabase()) {
            ofDatabase.add(entry);
        }
        tag = "";
        description = "";
        definition = "";
        owner = "";
        nextEntry();
    }

    private static HoldfastException damaged(String what) {
        return HoldfastException.damaged("this is no archive of pg_dump, or it is damaged: " + what);
    }
}
