package killbillhost;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.inject.*;
import javax.servlet.*;
import javax.servlet.http.*;
import javax.sql.DataSource;
import org.apache.shiro.authc.*;
import org.apache.shiro.cache.MemoryConstrainedCacheManager;
import org.apache.shiro.mgt.*;
import org.apache.shiro.mgt.SecurityManager;
import org.apache.shiro.realm.jdbc.JdbcRealm;
import org.apache.shiro.subject.Subject;
import org.apache.shiro.subject.support.SubjectThreadState;
import org.killbill.billing.jaxrs.resources.*;
import org.killbill.billing.platform.glue.KillBillPlatformModuleBase;
import org.killbill.billing.tenant.api.*;
import org.killbill.billing.util.config.definition.SecurityConfig;
import org.killbill.billing.util.glue.KillBillShiroModule;
import org.killbill.billing.util.security.shiro.KillbillCredentialsMatcher;
import org.killbill.commons.request.*;

/** Servlet filter: request id, then basic auth (Shiro), then the tenant headers. */
@Singleton
final class Gate implements Filter {
    private final SecurityManager users;
    private final TenantUserApi tenants;
    private final JdbcRealm tenantSecrets = new JdbcRealm();

    @Inject
    Gate(final SecurityManager users, final TenantUserApi tenants, final SecurityConfig config,
         @Named(KillBillPlatformModuleBase.SHIRO_DATA_SOURCE_ID) final DataSource database) {
        this.users = users;
        this.tenants = tenants;
        final DefaultSessionStorageEvaluator stateless = new DefaultSessionStorageEvaluator();
        stateless.setSessionStorageEnabled(false);
        ((DefaultSubjectDAO) ((DefaultSecurityManager) users).getSubjectDAO()).setSessionStorageEvaluator(stateless);
        tenantSecrets.setDataSource(database);
        tenantSecrets.setSaltStyle(JdbcRealm.SaltStyle.COLUMN);
        tenantSecrets.setAuthenticationQuery("select api_secret, api_salt from tenants where api_key = ?");
        tenantSecrets.setCredentialsMatcher(KillbillCredentialsMatcher.getCredentialsMatcher(config));
        tenantSecrets.setCacheManager(new MemoryConstrainedCacheManager());
        tenantSecrets.setAuthenticationCachingEnabled(true); // a tenant's secret never changes
    }

    @Override
    public void doFilter(final ServletRequest in, final ServletResponse out, final FilterChain chain) throws IOException, ServletException {
        final HttpServletRequest request = (HttpServletRequest) in;
        final HttpServletResponse response = (HttpServletResponse) out;
        final String path = request.getRequestURI(), id = request.getHeader("X-Request-Id");
        final Subject subject = new Subject.Builder(users).sessionCreationEnabled(false).buildSubject();
        final SubjectThreadState thread = new SubjectThreadState(subject);
        Request.setPerThreadRequestData(new RequestData(id == null ? UUID.randomUUID().toString() : id));
        thread.bind();
        try {
            if (!login(subject, request.getHeader("Authorization")) && path.startsWith(JaxrsResource.PREFIX + "/")
                && !"OPTIONS".equals(request.getMethod()) && KillBillShiroModule.isRBACEnabled()) {
                response.setHeader("WWW-Authenticate", "BASIC realm=\"application\"");
                response.setStatus(401);
            } else if (!selectTenant(request) && KillBillApiDefinition.requiresTenantInformation(path, request.getMethod())) {
                response.sendError(401, "Missing or wrong " + JaxrsResource.HDR_API_KEY + " and " + JaxrsResource.HDR_API_SECRET + " headers");
            } else {
                if (path.startsWith(JaxrsResource.PREFIX + "/")) {
                    response.setContentType("application/json"); // also on empty bodies, as some clients expect
                }
                chain.doFilter(request, response);
            }
        } finally {
            thread.clear();
            Request.resetPerThreadRequestData();
        }
    }

    private static boolean login(final Subject subject, final String header) {
        if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        try {
            final String[] pair = new String(Base64.getDecoder().decode(header.substring(6).trim()), StandardCharsets.UTF_8).split(":", 2);
            subject.login(new UsernamePasswordToken(pair[0], pair.length > 1 ? pair[1] : ""));
            return true;
        } catch (final AuthenticationException | IllegalArgumentException e) {
            return false;
        }
    }

    private boolean selectTenant(final HttpServletRequest request) {
        final String key = request.getHeader(JaxrsResource.HDR_API_KEY), secret = request.getHeader(JaxrsResource.HDR_API_SECRET);
        try {
            if (key == null || secret == null || tenantSecrets.getAuthenticationInfo(new UsernamePasswordToken(key, secret)) == null) {
                return false;
            }
            request.setAttribute("killbill_tenant", tenants.getTenantByApiKey(key));
            return true;
        } catch (final AuthenticationException | TenantApiException e) {
            return false;
        }
    }
}
