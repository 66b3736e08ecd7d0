import os,sys
before=set(sys.modules)
if not(sys.flags.isolated or getattr(sys.flags,'safe_path',0)): del sys.path[0] # the working directory, whose modules are the job's
def read(n,b=b''):
    while len(b)<n:
        c=os.read(0,n-len(b))
        if not c: os._exit(0)
        b+=c
    return b
hello=read(int(read(8)))
import json,types
hello=json.loads(hello)
for name,text in hello['modules']:
    m=sys.modules['_dbatch_'+name]=types.ModuleType('_dbatch_'+name)
    exec(compile(text,'<dbatch '+name+'>','exec'),m.__dict__)
m.main(hello,before)
