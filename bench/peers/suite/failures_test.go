package suite

// Why tests of consul/api fail on the agent.
const (
	noACLs        = "the agent has no ACLs"
	noCache       = "the agent answers ?cached without a cache, and without its headers"
	noConnect     = "the agent has no Connect proxies, gateways or certificates"
	alwaysConnect = "the agent always shows the root of Connect's authority: clients wait for it"
	noNodeConfig  = "the agent's node has no configured metadata, and an id of its own choice"
	noCatalogTxn  = "the agent's transactions have operations on keys only"
	noCluster     = "the agent joins and leaves no cluster"
	noProcess     = "the agent has no endpoints about its process: logs, metrics, reload"
	noMultiPort   = "services with several ports came after Consul 1.21"
	ownHash       = "the test has the value of Consul's ContentHash; the agent's is another"
	noFiles       = "the test's certificates are not in the module; it fails on Consul, too"
)

// failures are the tests that must fail.
var failures = map[string]string{
	"TestAgent_ServiceRegisterOpts_Token":          noACLs,
	"TestAPI_AgentUpdateToken":                     noACLs,
	"TestAPI_CatalogServiceCached":                 noCache,
	"TestAPI_CatalogNode":                          noConnect,
	"TestAPI_CatalogNodeServiceList":               noConnect,
	"TestAPI_HealthConnect":                        noConnect,
	"TestAPI_HealthConnect_Filter":                 noConnect,
	"TestAPI_HealthIngress":                        noConnect,
	"TestAPI_CatalogConnect":                       noConnect,
	"TestAPI_CatalogConnect_Filter":                noConnect,
	"TestAPI_CatalogConnectNative":                 noConnect,
	"TestAPI_CatalogGatewayServices_Ingress":       noConnect,
	"TestAPI_CatalogGatewayServices_Terminating":   noConnect,
	"TestAgentService_Register_TerminatingGateway": noConnect,
	"TestAgentService_Register_MeshGateway":        noConnect,
	"TestAgentService_ExposeChecks":                noConnect,
	"TestAPI_AgentConnectCALeaf":                   noConnect,
	"TestAPI_AgentConnectAuthorize":                noConnect,
	"TestAPI_AgentServices_SidecarService":         noConnect,
	"TestAPI_AgentServices_ExternalConnectProxy":   noConnect,
	"TestAPI_CatalogServiceUnmanagedProxy":         noConnect,
	"TestAPI_AgentConnectCARoots_empty":            alwaysConnect,
	"TestAPI_ConnectCARoots_empty":                 alwaysConnect,
	"TestAPI_CatalogNodes":                         noNodeConfig,
	"TestAPI_CatalogNodes_MetaFilter":              noNodeConfig,
	"TestAPI_CatalogServices_NodeMetaFilter":       noNodeConfig,
	"TestAPI_CatalogServices_FilterExpr_NodeMeta":  noNodeConfig,
	"TestAPI_CatalogService_NodeMetaFilter":        noNodeConfig,
	"TestAPI_HealthService_NodeMetaFilter":         noNodeConfig,
	"TestAPI_HealthState_NodeMetaFilter":           noNodeConfig,
	"TestAPI_HealthChecks_NodeMetaFilter":          noNodeConfig,
	"TestAPI_ClientTxn":                            noCatalogTxn,
	"TestAPI_ClientTxnWrite":                       noCatalogTxn,
	"TestAPI_AgentLeave":                           noCluster,
	"TestAPI_AgentForceLeave":                      noCluster,
	"TestAPI_AgentForceLeavePrune":                 noCluster,
	"TestAPI_AgentForceLeaveOptions":               noCluster,
	"TestAPI_AgentMembersOpts":                     noCluster,
	"TestAPI_AgentMonitor":                         noProcess,
	"TestAPI_AgentMonitorJSON":                     noProcess,
	"TestAPI_AgentMetrics":                         noProcess,
	"TestAPI_AgentHost":                            noProcess,
	"TestAPI_AgentReload":                          noProcess,
	"TestAPI_AgentServices_MultiPort":              noMultiPort,
	"TestAPI_AgentReload_MultiPort":                noMultiPort,
	"TestAPI_AgentService":                         ownHash,
	"TestAPI_ClientTLSOptions":                     noFiles,
}

// crashes are tests that end the whole test program where a server lacks what they take for
// granted.
var crashes = map[string]string{
	"TestAPI_AgentJoin": noCluster,
}
