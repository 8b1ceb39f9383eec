package killbillhost;

import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

/** Settings of a node: defaults.properties, then the file named by -Dkb.file, then -D properties, then the command line. */
final class Settings {
    private static final String DAO = "org.killbill.dao.", OSGI_DAO = "org.killbill.billing.osgi.dao.";
    private static final String[] POSITIONAL = {"kb.port", DAO + "url", DAO + "user", DAO + "password"};
    private final Properties values = new Properties();

    /** Reads every source and makes the result the system properties, where the engine looks for them. */
    static Settings load(final String[] args, final Path scratch) throws Exception {
        final Settings settings = new Settings();
        settings.read(args);
        settings.derive(scratch);
        System.setProperties(settings.values);
        TimeZone.setDefault(TimeZone.getTimeZone("GMT"));
        return settings;
    }

    int port() { return Integer.parseInt(values.getProperty("kb.port")); }
    String url() { return values.getProperty(DAO + "url"); }
    String user() { return values.getProperty(DAO + "user"); }
    String password() { return values.getProperty(DAO + "password"); }

    private void read(final String[] args) throws IOException {
        try (InputStream defaults = Settings.class.getResourceAsStream("/defaults.properties")) {
            values.load(defaults);
        }
        if (System.getProperty("kb.file") != null) {
            try (Reader file = Files.newBufferedReader(Path.of(System.getProperty("kb.file")))) {
                values.load(file);
            }
        }
        values.putAll(System.getProperties());
        for (int i = 0; i < args.length; i++) {
            values.put(POSITIONAL[i], args[i]);
        }
    }

    private void derive(final Path scratch) throws Exception {
        Map.of("url", url(), "user", user(), "password", password()).forEach((name, value) -> values.putIfAbsent(OSGI_DAO + name, value));
        values.putIfAbsent("org.killbill.osgi.root.dir", scratch + "/felix");
        values.putIfAbsent("org.killbill.osgi.bundle.install.dir", scratch + "/bundles");
        values.put("user.timezone", "GMT");
        // The engine finds services and SQL mappers by scanning java.class.path, which "java -jar" leaves at one entry:
        // it would start, report itself healthy, and do nothing
        final Path lib = Path.of(Settings.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolveSibling("lib");
        try (Stream<Path> jars = Files.list(lib)) {
            values.put("java.class.path", jars.map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        }
    }
}
