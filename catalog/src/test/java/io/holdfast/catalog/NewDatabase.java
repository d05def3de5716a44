package io.holdfast.catalog;

import io.holdfast.testkit.PostgresqlServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database of its own for each test, in the server that all share: a schema, which a catalog cannot tell from one. A real one has hundreds of files, all of which
 * the server would write again after a loss of power.
 */
final class NewDatabase {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private NewDatabase() {}

    /** Its URL. */
    static String make() {
        String url = PostgresqlServer.shared().url("postgres");
        String name = "catalog_" + COUNT.incrementAndGet();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return url + "&currentSchema=" + name;
    }
}
