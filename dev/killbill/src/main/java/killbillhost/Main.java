package killbillhost;

import java.nio.file.*;
import java.util.*;
import javax.servlet.DispatcherType;
import org.eclipse.jetty.server.*;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.LifeCycle;
import org.killbill.billing.server.filters.KillbillGuiceFilter;
import org.killbill.commons.skeleton.listeners.JULServletContextListener;

/**
 * One Kill Bill node: {@code java [-Dname=value ...] [-Dkb.file=PATH] -jar killbill-host.jar [port [jdbc-url [user [password]]]]}.
 * Says "Kill Bill listens on URL" on stdout once it serves, so that whoever started it knows that the answer comes from this process.
 */
public final class Main {
    public static void main(final String[] args) throws Exception {
        final Path scratch = Files.createTempDirectory("killbill-host");
        final Settings settings = Settings.load(args, scratch);
        Schema.keepSequencesAhead();
        Schema.createIfEmpty(settings.url(), settings.user(), settings.password());

        final Server server = new Server();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            LifeCycle.stop(server);
            IO.delete(scratch.toFile());
        }));
        try {
            final int port = openPort(server, settings.port());
            server.setHandler(engine());
            server.start();
            System.out.println("Kill Bill listens on http://127.0.0.1:" + port + "/1.0/kb/");
        } catch (final Throwable e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    /** Taken before the engine starts: a taken port ends the start at once, and nobody else can get it in the meantime. */
    private static int openPort(final Server server, final int port) throws Exception {
        final ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        connector.open();
        return connector.getLocalPort();
    }

    private static ServletContextHandler engine() {
        final ServletContextHandler web = new ServletContextHandler();
        web.addEventListener(new JULServletContextListener());
        web.addEventListener(new Boot());
        web.addFilter(KillbillGuiceFilter.class, "/*", EnumSet.of(DispatcherType.REQUEST)).setAsyncSupported(true);
        return web;
    }
}
