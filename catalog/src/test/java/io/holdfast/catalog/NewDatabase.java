package io.holdfast.catalog;

import io.holdfast.testkit.PostgresqlServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** A database of its own for each test, in the server that all share. */
final class NewDatabase {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private NewDatabase() {}

    /** Its URL. */
    static String make() {
        PostgresqlServer server = PostgresqlServer.shared();
        String name = "catalog_" + COUNT.incrementAndGet();
        try (Connection connection = DriverManager.getConnection(server.url("postgres"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return server.url(name);
    }
}
