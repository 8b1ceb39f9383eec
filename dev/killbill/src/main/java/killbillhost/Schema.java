package killbillhost;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;
import org.h2.engine.Mode;

/** Kill Bill's tables, from the scripts that its own modules carry. */
final class Schema {
    private static final List<String> MODULES =
            List.of("account", "beatrix", "catalog", "entitlement", "invoice", "payment", "subscription", "tenant", "usage", "util");

    /** In this mode H2 steps a sequence back when two inserts meet, and a later insert fails because its number is taken. */
    static void keepSequencesAhead() {
        Mode.getInstance("LEGACY").updateSequenceOnManualIdentityInsertion = false;
    }

    /** Creates every table in one transaction, unless the table "tenants" is there. */
    static void createIfEmpty(final String url, final String user, final String password) throws Exception {
        final boolean postgres = url.startsWith("jdbc:postgresql:");
        try (Connection db = DriverManager.getConnection(url, user, password); Statement sql = db.createStatement()) {
            if (db.getMetaData().getTables(null, db.getSchema(), postgres ? "tenants" : "TENANTS", null).next()) {
                return;
            }
            db.setAutoCommit(false);
            if (postgres) {
                sql.execute(forDatabaseOwner(script("util/ddl-postgresql")));
            }
            for (final String module : MODULES) {
                final String ddl = script(module + "/ddl");
                sql.execute(postgres ? forDatabaseOwner(ddl) : ddl);
            }
            db.commit();
        }
    }

    private static String script(final String name) throws Exception {
        try (InputStream in = Schema.class.getResourceAsStream("/org/killbill/billing/" + name + ".sql")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Kill Bill widens serial columns with an event trigger, which takes a superuser; naming the wider type takes none. */
    private static String forDatabaseOwner(final String ddl) {
        return ddl.replace("CREATE OR REPLACE LANGUAGE plpgsql;", "").replaceFirst("(?s)/\\* Alter 'serial'.*", "").replaceAll("(?i)\\bserial\\b", "bigserial");
    }
}
