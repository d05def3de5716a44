package io.holdfast.catalog;

import io.holdfast.catalog.Database.Turn;
import io.holdfast.catalog.User.Credentials;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The users of a catalog. One administrator at least can always log in. Thread-safe. */
public final class Users {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,63}");

    private final Database database;
    private final InstantSource clock;

    Users(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Adds one.
     *
     * @param name 1 to 64 lower-case letters, digits, dots, underscores, hyphens and at signs
     * @param groups of hosts to which the role is limited; empty: it is for all
     * @param passwordHash a PHC string of Argon2id
     * @throws HoldfastException {@code USAGE} where that is no name, {@code REFUSED} where there is one of this name
     */
    public User add(String name, Role role, Set<String> groups, String passwordHash) {
        if (!NAME.matcher(name).matches()) {
            throw HoldfastException.usage(
                    "'" + Texts.storable(name, 100) + "' is no name of a user",
                    "Write 1 to 64 lower-case letters, digits, '.', '_', '-' and '@'.");
        }
        User user = new User(name, role, new TreeSet<>(groups), false, false, Micros.exact(clock));
        return database.write(handle -> {
            int added = handle.execute(
                    "INSERT INTO users (name, password_hash, role, disabled, created_micros, totp_step) VALUES (?, ?, ?, 0, ?, 0)"
                            + " ON CONFLICT (name) DO NOTHING",
                    name,
                    passwordHash,
                    Words.of(role),
                    Micros.of(user.created()));
            if (added == 0) {
                throw new HoldfastException(
                        ErrorCode.REFUSED, "there is a user '" + name + "' already", "Name this one otherwise.");
            }
            setGroups(handle, name, groups);
            return user;
        });
    }

    /** Notes a one-time link for the first administrator; earlier ones count no more. */
    public void offerFirst(SecretHash secret, Instant expires) {
        boolean ignored = database.write(handle -> {
            handle.execute("DELETE FROM first_links");
            handle.execute(
                    "INSERT INTO first_links (secret_hash, expires_micros) VALUES (?, ?)",
                    secret.text(),
                    Micros.of(expires));
            return true;
        });
    }

    /** Whether there is an administrator who can log in. */
    public boolean hasAdministrator() {
        return database.read(handle -> administrators(handle) > 0);
    }

    /** Whether a one-time link counts: it is known, not too old, and there is no administrator yet. */
    public boolean isFirstOffered(SecretHash secret) {
        return database.read(handle -> isFirstOffered(handle, secret));
    }

    private boolean isFirstOffered(Handle handle, SecretHash secret) {
        return administrators(handle) == 0
                && handle.select(
                                "SELECT secret_hash FROM first_links WHERE secret_hash = ? AND expires_micros > ?",
                                secret.text(),
                                Micros.of(clock.instant()))
                        .mapTo(String.class)
                        .findFirst()
                        .isPresent();
    }

    /** Adds the first administrator by a one-time link, which counts no more then; empty where it does not count. */
    public Optional<User> addFirst(SecretHash secret, String name, String passwordHash) {
        return database.write(handle -> {
            database.await(handle, Turn.USERS);
            if (!isFirstOffered(handle, secret)) {
                return Optional.empty();
            }
            handle.execute("DELETE FROM first_links");
            return Optional.of(add(name, Role.ADMINISTRATOR, Set.of(), passwordHash));
        });
    }

    private static long administrators(Handle handle) {
        return handle.select("SELECT count(*) FROM users WHERE role = 'administrator' AND disabled = 0")
                .mapTo(Long.class)
                .one();
    }

    public Optional<User> named(String name) {
        return database.read(
                handle -> select(handle, "WHERE name = ?", name).stream().findFirst());
    }

    /** All, in the order of their names. */
    public List<User> all() {
        return database.read(handle -> select(handle, "ORDER BY name"));
    }

    /** How a user proves to be one; empty where there is none, or it is disabled. */
    public Optional<Credentials> credentials(String name) {
        return database.read(handle -> handle.select(
                        "SELECT password_hash, sealed_totp FROM users WHERE name = ? AND disabled = 0", name)
                .map((row, context) -> new Credentials(row.getString(1), bytes(row.getBytes(2))))
                .findFirst());
    }

    private static @Nullable Bytes bytes(byte @Nullable [] bytes) {
        return bytes == null ? null : Bytes.wrap(bytes);
    }

    /**
     * Says what a user may do. One that is disabled is logged out.
     *
     * @return false where there is none of this name
     * @throws HoldfastException {@code REFUSED} where no administrator would be left who can log in
     */
    public boolean change(String name, Role role, Set<String> groups, boolean isDisabled) {
        return database.write(handle -> {
            database.await(handle, Turn.USERS);
            int changed = handle.execute(
                    "UPDATE users SET role = ?, disabled = ? WHERE name = ?", Words.of(role), isDisabled ? 1 : 0, name);
            setGroups(handle, name, changed > 0 ? groups : Set.of());
            if (isDisabled) {
                handle.execute("DELETE FROM login_sessions WHERE user_name = ?", name);
            }
            requireAdministrator(handle, changed > 0);
            return changed > 0;
        });
    }

    private static void requireAdministrator(Handle handle, boolean isChanged) {
        if (isChanged && administrators(handle) == 0) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "no administrator would be left who can log in",
                    "Make another user an administrator first.");
        }
    }

    private static void setGroups(Handle handle, String name, Set<String> groups) {
        handle.execute("DELETE FROM user_groups WHERE user_name = ?", name);
        for (String group : groups) {
            handle.execute("INSERT INTO user_groups (user_name, name) VALUES (?, ?)", name, group);
        }
    }

    /** Gives a user another password, and ends all that were logged in by the old one; false where there is no such user. */
    public boolean setPassword(String name, String passwordHash) {
        return database.write(handle -> {
            handle.execute("DELETE FROM login_sessions WHERE user_name = ?", name);
            return handle.execute("UPDATE users SET password_hash = ? WHERE name = ?", passwordHash, name) > 0;
        });
    }

    /** Puts another hash of the same password in the place of the one that was read; false where it has changed meanwhile. */
    public boolean rehash(String name, String before, String after) {
        return database.execute(
                        "UPDATE users SET password_hash = ? WHERE name = ? AND password_hash = ?", after, name, before)
                > 0;
    }

    /**
     * Asks for one-time codes from now on.
     *
     * @param step of time of the code that proved the secret, which is used up by that
     * @param recoveryCodes each of which lets the user in once without
     * @return false where there is no such user, or codes of it are asked for already
     */
    public boolean setTotp(String name, Bytes sealedSecret, long step, Collection<SecretHash> recoveryCodes) {
        return database.write(handle -> {
            int changed = handle.execute(
                    "UPDATE users SET sealed_totp = ?, totp_step = ? WHERE name = ? AND sealed_totp IS NULL",
                    sealedSecret.toByteArray(),
                    step,
                    name);
            if (changed == 0) {
                return false;
            }
            handle.execute("DELETE FROM recovery_codes WHERE user_name = ?", name);
            for (SecretHash code : recoveryCodes) {
                handle.execute("INSERT INTO recovery_codes (user_name, code_hash) VALUES (?, ?)", name, code.text());
            }
            return true;
        });
    }

    /** Asks for no one-time codes any more; false where there is no such user, or none were asked for. */
    public boolean removeTotp(String name) {
        return database.write(handle -> {
            handle.execute("DELETE FROM recovery_codes WHERE user_name = ?", name);
            return handle.execute(
                            "UPDATE users SET sealed_totp = NULL, totp_step = 0 WHERE name = ? AND sealed_totp IS NOT NULL",
                            name)
                    > 0;
        });
    }

    /** Uses up a recovery code; false where the user has none such. */
    public boolean useRecoveryCode(String name, SecretHash code) {
        return database.execute("DELETE FROM recovery_codes WHERE user_name = ? AND code_hash = ?", name, code.text())
                > 0;
    }

    /** How many recovery codes a user has left. */
    public int recoveryCodes(String name) {
        return database.read(handle -> handle.select("SELECT count(*) FROM recovery_codes WHERE user_name = ?", name)
                .mapTo(Integer.class)
                .one());
    }

    /**
     * Uses up a one-time code and all that are older.
     *
     * @param step of time for which it was made
     * @return false where it, or a newer one, was used before
     */
    public boolean useTotp(String name, long step) {
        return database.execute("UPDATE users SET totp_step = ? WHERE name = ? AND totp_step < ?", step, name, step)
                > 0;
    }

    /**
     * Removes a user, logs out whoever is logged in as this one, and revokes its tokens.
     *
     * @return whether there was one
     * @throws HoldfastException {@code REFUSED} where no administrator would be left who can log in
     */
    public boolean remove(String name) {
        return database.write(handle -> {
            database.await(handle, Turn.USERS);
            int removed = handle.execute("DELETE FROM users WHERE name = ?", name);
            handle.execute("UPDATE tokens SET revoked = 1 WHERE user_name = ?", name);
            requireAdministrator(handle, removed > 0);
            return removed > 0;
        });
    }

    private static List<User> select(Handle handle, String which, Object... arguments) {
        return handle.select(
                        "SELECT name, role, sealed_totp IS NOT NULL, disabled, created_micros FROM users " + which,
                        arguments)
                .map((row, context) -> new User(
                        row.getString(1),
                        Words.read(Role.class, row.getString(2)),
                        new TreeSet<>(
                                handle.select("SELECT name FROM user_groups WHERE user_name = ?", row.getString(1))
                                        .mapTo(String.class)
                                        .list()),
                        row.getBoolean(3),
                        row.getLong(4) != 0,
                        Micros.instant(row.getLong(5))))
                .list();
    }
}
