//! Names that lead to a server, wherever they stand in a name.

use super::with_allowed;

/// GDAL's virtual file systems on this machine.
const LOCAL: [&str; 9] =
    ["vsizip", "vsigzip", "vsitar", "vsi7z", "vsirar", "vsimem", "vsisubfile", "vsicached", "vsicrypt"];

/// Those on a server, and the server that they mean unless the environment names another.
const SERVERS: [(&str, &str, &str); 8] = [
    ("vsis3", "AWS_S3_ENDPOINT", "s3.amazonaws.com"),
    ("vsigs", "CPL_GS_ENDPOINT", "storage.googleapis.com"),
    ("vsiaz", "CPL_AZURE_ENDPOINT", "blob.core.windows.net"),
    ("vsiadls", "CPL_AZURE_ENDPOINT", "dfs.core.windows.net"),
    ("vsioss", "OSS_ENDPOINT", "oss-us-east-1.aliyuncs.com"),
    ("vsiswift", "SWIFT_STORAGE_URL", "swift"),
    ("vsihdfs", "HDFS_ENDPOINT", "hdfs"),
    ("vsiwebhdfs", "WEBHDFS_ENDPOINT", "webhdfs"),
];

/// Checks a name that is to be opened: every server in it was named by the user.
///
/// # Errors
/// The server, and how to name it; a virtual file system that is not read.
pub fn check_name(name: &str) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some(at) = rest.find("/vsi") {
        let after = &rest[at + 1..];
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let (system, inside) = after.split_at(end);
        let plain = system.strip_suffix("_streaming").unwrap_or(system);
        if plain == "vsicurl" {
            host_of(inside).and_then(|host| require(&host))?;
        } else if let Some((_, key, usual)) = SERVERS.iter().find(|(system, ..)| *system == plain) {
            let named = std::env::var(key).ok().or_else(|| gdal::config::get_config_option(key, "").ok());
            let endpoint = named.filter(|text| !text.is_empty()).unwrap_or_else(|| (*usual).to_owned());
            require(&host_of(&endpoint)?)?;
        } else if !LOCAL.contains(&system) {
            return Err(format!("names of the form /{system}/ are not read"));
        }
        rest = inside;
    }
    for scheme in ["http://", "https://", "ftp://"] {
        for (at, _) in lower.match_indices(scheme) {
            require(&host_of(&lower[at..])?)?;
        }
    }
    Ok(())
}

/// The server of an address, with its port.
fn host_of(address: &str) -> Result<String, String> {
    let address = address.trim_start_matches('/');
    let address = address.split_once("://").map_or(address, |(_, after)| after);
    let host: &str = address.split(['/', '?', '}', '&']).next().unwrap_or_default();
    // What stands before an @ are a user and a password, not the server.
    let host = host.rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.contains(['%', '\\', ' ']) {
        return Err(format!("no server can be told from '{address}'; write the address as /vsicurl/https://HOST/..."));
    }
    Ok(host.to_owned())
}

fn require(host: &str) -> Result<(), String> {
    if with_allowed(|allowed| allowed.hosts.contains(host)) {
        return Ok(());
    }
    Err(format!(
        "it lies on the server {host}, which was not named: add [network] hosts = [\"{host}\"] to the project file, or \
         --allow-host {host}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_found_wherever_they_stand() {
        super::super::allow_hosts(["data.example.org", "127.0.0.1:9000"]);
        for good in [
            "/vsizip/tiles.zip/a.tif",
            "/vsicurl/https://data.example.org/a.tif",
            "/vsizip//vsicurl/https://DATA.example.org/a.zip/a.tif",
            "/vsicurl/http://127.0.0.1:9000/a.tif",
            "tiles/a.tif",
        ] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "/vsicurl/https://other.example.org/a.tif",
            "/vsizip/{/vsicurl/http://169.254.169.254/latest}/a.tif",
            "/vsicurl_streaming/https://evil/a.tif",
            "/vsicurl/https://data.example.org@evil/a.tif",
            "/vsicurl/https://data.example.org:81/a.tif",
            "/vsicurl?url=http%3A%2F%2Fevil%2Fa.tif",
            "/vsicurl?max_retry=3&url=http://evil/a.tif",
            "/vsis3/bucket/a.tif",
            "/vsigzip//vsigs/bucket/a.tif.gz",
            "/vsistdin/",
            "/vsisparse/a.xml",
            "http://evil/a.tif",
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        let told = check_name("/vsicurl/https://other.example.org/a.tif").unwrap_err();
        assert!(told.contains("hosts = [\"other.example.org\"]") && told.contains("--allow-host"), "{told}");
    }
}
