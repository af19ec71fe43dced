/* Linked into binaries that contain the GNU C library.
 *
 * To resolve a name, that library loads the modules which /etc/nsswitch.conf of the system names.
 * A module belongs to the C library of its system, and a static program of another release crashes
 * when it calls one. With these settings the library never loads a module: it reads the files in
 * /etc and asks the name servers, as musl does. */

int __nss_configure_lookup(const char *database, const char *services);

__attribute__((constructor)) static void configure(void) {
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
}
